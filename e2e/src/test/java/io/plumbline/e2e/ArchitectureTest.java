package io.plumbline.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The direction of dependencies between the modules, read from their class files. */
class ArchitectureTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().resolveSibling("");

    private static final List<String> MODULES = List.of(
            "events",
            "rules",
            "intent-model",
            "watcher",
            "sandbox-agent",
            "ingest",
            "standalone/broker",
            "standalone/search-node",
            "stream-jobs",
            "console",
            "standalone");

    private static final String EVENTS = "io.plumbline.events..";
    private static final String RULES = "io.plumbline.rules..";
    private static final String INTENT = "io.plumbline.intent..";
    private static final String WATCHER = "io.plumbline.watcher..";
    private static final String JOBS = "io.plumbline.jobs..";
    private static final String INGEST = "io.plumbline.ingest..";
    private static final String SANDBOX = "io.plumbline.sandbox..";
    private static final String CONSOLE = "io.plumbline.console..";
    private static final String STANDALONE = "io.plumbline.standalone..";

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .importPaths(MODULES.stream()
                    .map(module -> ROOT.resolve(module).resolve("target/classes"))
                    .toList());

    @Test
    void theContractKnowsNobody() {
        onlyOwn(EVENTS, EVENTS);
    }

    @Test
    void dependenciesPointOneWay() {
        onlyOwn(RULES, RULES, EVENTS);
        onlyOwn(INTENT, INTENT, EVENTS);
        onlyOwn(WATCHER, WATCHER, RULES, INTENT, EVENTS);
        onlyOwn(JOBS, JOBS, WATCHER, RULES, INTENT, EVENTS);
        onlyOwn(INGEST, INGEST, EVENTS);
        onlyOwn(SANDBOX, SANDBOX, EVENTS);
        onlyOwn(CONSOLE, CONSOLE, WATCHER, INTENT, RULES, EVENTS);
        onlyOwn(STANDALONE, STANDALONE, SANDBOX, WATCHER, RULES, INTENT, EVENTS);
    }

    private static void onlyOwn(String from, String... allowed) {
        List<String> own = Stream.of(allowed)
                .map(name -> name.substring(0, name.length() - 2))
                .toList();
        classes()
                .that()
                .resideInAPackage(from)
                .should()
                .onlyDependOnClassesThat(com.tngtech.archunit.base.DescribedPredicate.describe(
                        "are foreign, or in " + own,
                        target -> !target.getPackageName().startsWith("io.plumbline")
                                || own.stream()
                                        .anyMatch(name -> target.getPackageName()
                                                        .equals(name)
                                                || target.getPackageName().startsWith(name + "."))))
                .allowEmptyShould(true)
                .check(PRODUCT);
    }

    @Test
    void thePureModulesKnowNoFrameworkAndNoBroker() {
        noClasses()
                .that()
                .resideInAnyPackage(EVENTS, RULES, INTENT, WATCHER)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.apache.flink..",
                        "org.apache.kafka..",
                        "com.linecorp.armeria..",
                        "com.vaadin..",
                        "org.springframework..",
                        "co.elastic..")
                .check(PRODUCT);
    }

    @Test
    void nothingThatRunsNeedsTheEncodersTraining() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.plumbline.intent.encoder..", "ai.djl..", "org.tribuo..", "ai.onnx..")
                .check(PRODUCT);
    }

    @Test
    void theWatcherHasNoClockAndNoDice() {
        noClasses()
                .that()
                .resideInAPackage(WATCHER)
                .should()
                .dependOnClassesThat()
                .belongToAnyOf(Clock.class, Random.class, ThreadLocalRandom.class, java.security.SecureRandom.class)
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(LocalDateTime.class, "now")
                .orShould()
                .callMethod(ZonedDateTime.class, "now")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(UUID.class, "randomUUID")
                .orShould()
                .callMethod(Math.class, "random")
                .check(PRODUCT);
    }

    /** See docs/decisions/009. */
    @Test
    void whatCallsIntoTheKernelIsNoVirtualThread() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.plumbline.sandbox.container..",
                        "io.plumbline.sandbox.door..",
                        "io.plumbline.sandbox.fallback..",
                        "io.plumbline.sandbox.posix..",
                        "io.plumbline.sandbox.runtime..",
                        "io.plumbline.sandbox.trace..")
                .should()
                .callMethod(Thread.class, "ofVirtual")
                .orShould()
                .callMethod(Thread.class, "startVirtualThread", Runnable.class)
                .orShould()
                .callMethod(Executors.class, "newVirtualThreadPerTaskExecutor")
                .check(PRODUCT);
    }

    @Test
    void theConsoleKnowsNoFlinkAndTheJobsNoHttp() {
        noClasses()
                .that()
                .resideInAPackage(CONSOLE)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.flink..")
                .check(PRODUCT);
        noClasses()
                .that()
                .resideInAPackage(JOBS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.linecorp.armeria..", "org.springframework..", "java.net.http..")
                .check(PRODUCT);
    }

    @Test
    void everyPackageSaysWhatLivesThere() {
        Set<String> silent = new TreeSet<>();
        for (JavaClass type : PRODUCT) {
            // Generated from the schemas.
            if (!type.getPackageName().endsWith(".v1")
                    && !type.getPackage().tryGetPackageInfo().isPresent()) {
                silent.add(type.getPackageName());
            }
        }
        assertThat(silent).isEmpty();
    }

    @Test
    void everyModuleWasRead() {
        assertThat(MODULES)
                .allMatch(module -> Files.isDirectory(ROOT.resolve(module).resolve("target/classes")));
        for (String module : List.of(EVENTS, WATCHER, JOBS, INGEST, SANDBOX, CONSOLE, STANDALONE)) {
            String name = module.substring(0, module.length() - 2);
            assertThat(PRODUCT).as(name).anyMatch(type -> type.getPackageName().startsWith(name));
        }
    }
}
