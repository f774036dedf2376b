package io.plumbline.console;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import com.vaadin.flow.component.dependency.StyleSheet;
import com.vaadin.flow.component.page.AppShellConfigurator;
import com.vaadin.flow.component.page.ColorScheme;
import com.vaadin.flow.component.page.Inline;
import com.vaadin.flow.component.page.Push;
import com.vaadin.flow.server.AppShellSettings;
import com.vaadin.flow.theme.lumo.Lumo;
import io.plumbline.console.approvals.FatigueGuard;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.evidence.EvidenceExport;
import io.plumbline.console.live.Hosts;
import io.plumbline.console.live.LiveView;
import io.plumbline.console.live.PipelineLag;
import io.plumbline.console.live.Queues;
import io.plumbline.console.live.VerdictFeed;
import io.plumbline.console.log.EventLog;
import io.plumbline.console.log.KafkaEventLog;
import io.plumbline.console.masking.Masking;
import io.plumbline.console.orders.ControlEvents;
import io.plumbline.console.orders.ControlTopic;
import io.plumbline.console.orders.OrderLog;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.people.AccessStore;
import io.plumbline.console.rules.RuleChanges;
import io.plumbline.console.rules.RulesInForce;
import io.plumbline.console.search.Search;
import io.plumbline.console.ui.Zone;
import io.plumbline.console.views.SavedViews;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.redact.Redactor;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.context.properties.ConfigurationPropertiesScan;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;

/** Starts the console. Wires the parts that know no Spring. */
@SpringBootApplication
@ConfigurationPropertiesScan
// A named theme would ask for a style sheet that the pre-compiled bundle does not have.
@ColorScheme(ColorScheme.Value.DARK)
@Push
@StyleSheet(Lumo.STYLESHEET)
@StyleSheet("context://soc.css")
public class ConsoleApplication implements AppShellConfigurator {
    private static final long serialVersionUID = 1;

    public static void main(String[] arguments) {
        SpringApplication.run(ConsoleApplication.class, arguments);
    }

    @Override
    public void configurePage(AppShellSettings settings) {
        settings.setPageTitle("Plumbline");
        settings.addMetaTag("viewport", "width=device-width, initial-scale=1");
        settings.addInlineWithContents(Zone.TELL, Inline.Wrapping.JAVASCRIPT);
        settings.addFavIcon("icon", "plumbline.svg", "any");
    }

    @Bean
    Clock clock() {
        return Clock.systemUTC();
    }

    /** Tells a supervisor that the console can be used, and where. */
    @Bean
    ApplicationListener<ApplicationReadyEvent> announcement(WebServerApplicationContext context) {
        return ready -> System.out.println(
                "READY " + Objects.requireNonNull(context.getWebServer()).getPort());
    }

    @Bean(destroyMethod = "close")
    ElasticsearchClient elasticsearch(PlumblineProperties properties) throws IOException {
        String apiKey = properties.elasticsearchApiKeyFile() == null
                ? ""
                : Files.readString(properties.elasticsearchApiKeyFile()).strip();
        return ElasticsearchClient.of(b -> {
            b.host(properties.elasticsearchUrl().toString());
            return apiKey.isEmpty() ? b : b.apiKey(apiKey);
        });
    }

    @Bean
    Search search(ElasticsearchClient client, PlumblineProperties properties) {
        return new Search(client, properties.tenant());
    }

    @Bean(destroyMethod = "close")
    ControlTopic controlTopic(PlumblineProperties properties) {
        return new ControlTopic(properties.kafkaBootstrap(), properties.kafkaClient());
    }

    @Bean
    ControlEvents controlEvents(OrderLog log, PlumblineProperties properties, Clock clock) {
        return new ControlEvents(log, properties.tenant(), clock);
    }

    @Bean
    Orders orders(ControlEvents events, Search search, PlumblineProperties properties)
            throws IOException, PolicyException {
        return new Orders(events, search, signingKey(properties));
    }

    @Bean(destroyMethod = "close")
    AuditLog auditLog(ControlEvents events) {
        return new AuditLog(events);
    }

    @Bean
    AccessStore accessStore(PlumblineProperties properties) throws IOException {
        return new AccessStore(Optional.ofNullable(properties.peopleFile()), ConsoleApplication::random);
    }

    @Bean
    Masking masking() {
        return new Masking(random(Redactor.KEY_BYTES));
    }

    @Bean
    EvidenceExport evidenceExport(
            AuditLog audit, EventLog log, Search search, PlumblineProperties properties, Clock clock)
            throws IOException, PolicyException {
        return new EvidenceExport(audit, log, search, properties.tenant(), clock, signingKey(properties));
    }

    private static Optional<SigningKey> signingKey(PlumblineProperties properties) throws IOException, PolicyException {
        Path file = properties.policyKeyFile();
        return file == null ? Optional.empty() : Optional.of(SigningKey.parse(Files.readString(file)));
    }

    private static byte[] random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return random;
    }

    @Bean
    EventLog eventLog(PlumblineProperties properties) {
        return new KafkaEventLog(properties.kafkaBootstrap(), properties.kafkaClient(), properties.tenant());
    }

    @Bean
    RulesInForce rulesInForce(Search search, EventLog log) {
        return new RulesInForce(search, log);
    }

    @Bean
    RuleChanges ruleChanges(Orders orders, Search search, RulesInForce rules, PlumblineProperties properties) {
        return new RuleChanges(orders, search, rules, properties.rulesFourEyes());
    }

    @Bean
    FatigueGuard fatigueGuard() {
        return new FatigueGuard();
    }

    @Bean
    SavedViews savedViews(PlumblineProperties properties) throws IOException {
        return new SavedViews(Optional.ofNullable(properties.viewsFile()));
    }

    @Bean
    PipelineLag pipelineLag() {
        return new PipelineLag();
    }

    @Bean(destroyMethod = "close")
    LiveView liveView(Search search) {
        return new LiveView(search);
    }

    @Bean
    Hosts hosts(Search search, Clock clock) {
        return new Hosts(search, clock);
    }

    @Bean(destroyMethod = "close")
    Queues queues(Search search, LiveView live, Clock clock) {
        return new Queues(search, live, clock);
    }

    @Bean(destroyMethod = "close")
    VerdictFeed verdictFeed(
            PlumblineProperties properties, LiveView live, Queues queues, PipelineLag lag, Clock clock) {
        Consumer<Event> shown = queues::verdict;
        return new VerdictFeed(
                properties.kafkaBootstrap(),
                properties.kafkaClient(),
                properties.tenant(),
                shown.andThen(live::verdict),
                lag,
                clock);
    }
}
