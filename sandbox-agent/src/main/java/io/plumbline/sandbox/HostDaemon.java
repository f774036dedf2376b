package io.plumbline.sandbox;

import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.claims.TranscriptClaims;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.redact.Redactor;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Doors;
import io.plumbline.sandbox.door.DoorException;
import io.plumbline.sandbox.door.SessionDoor;
import io.plumbline.sandbox.egress.EgressException;
import io.plumbline.sandbox.egress.EgressProxy;
import io.plumbline.sandbox.egress.EgressSettings;
import io.plumbline.sandbox.link.GrpcHostLink;
import io.plumbline.sandbox.link.HostLinkException;
import io.plumbline.sandbox.link.HostLinkSettings;
import io.plumbline.sandbox.link.SpoolException;
import io.plumbline.sandbox.link.VerdictListener;
import io.plumbline.sandbox.runtime.SandboxException;
import io.plumbline.sandbox.session.HostSettings;
import io.plumbline.sandbox.session.PathRehearsal;
import io.plumbline.sandbox.session.SandboxHost;
import io.plumbline.sandbox.session.SessionPart;
import io.plumbline.sandbox.transcripts.TranscriptTail;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The daemon's main class: puts the link, the door and the egress proxy together with the sessions. */
public final class HostDaemon {
    private static final Duration CONNECT_LIMIT = Duration.ofSeconds(30);
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(HostDaemon.class);

    private HostDaemon() {}

    /** Takes the properties of {@link HostSettings}; prints {@code READY SOCKET} and runs until SIGTERM. */
    public static void main(String[] arguments) throws InterruptedException {
        try {
            HostSettings settings = HostSettings.parse(arguments);
            GrpcHostLink link = GrpcHostLink.connect(link(settings), SandboxHost.untold(settings));
            link.awaitConnected(CONNECT_LIMIT);
            EgressSettings egress = new EgressSettings(settings.credentials(), settings.trustedAuthorities());
            SandboxHost.Running host = SandboxHost.open(
                    settings, new SandboxHost.Wiring(link, session -> parts(session, egress), HostDaemon::policy));
            rehearsePath(link, settings.tenant());
            host.proveKillSwitchEvery(settings.canaryInterval());
            CountDownLatch stopped = new CountDownLatch(1);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                close(host, link);
                stopped.countDown();
            }));
            System.out.println("READY " + settings.runSocket());
            stopped.await();
        } catch (IllegalArgumentException | IOException | SandboxException | HostLinkException | SpoolException e) {
            System.err.println("sandbox host: " + e.getMessage());
            System.exit(1);
        }
    }

    /** Without an answer the daemon still comes up: its sessions are then under its own rules for a platform out of reach. */
    private static void rehearsePath(GrpcHostLink link, String tenant) throws InterruptedException {
        Optional<Duration> round = PathRehearsal.run(link, tenant, PROBE_LIMIT);
        if (round.isPresent()) {
            LOG.info("to the watcher and back in {} ms", round.get().toMillis());
        } else {
            LOG.warn("no answer from the watcher in {} s: orders may not arrive", PROBE_LIMIT.toSeconds());
        }
    }

    private static HostLinkSettings link(HostSettings settings) {
        HostLinkSettings link = HostLinkSettings.of(
                URI.create((settings.certificateAuthority().isPresent() ? "https://" : "http://") + settings.ingest()),
                settings.token(),
                settings.hostName(),
                settings.data().resolve("spool"),
                new Redactor(settings.redactionKey()));
        return settings.certificateAuthority()
                .map(link::withTrustedCertificates)
                .orElse(link);
    }

    private static void close(SandboxHost.Running host, GrpcHostLink link) {
        try {
            host.close();
        } catch (IOException e) {
            System.err.println("sandbox host: not stopped cleanly: " + e.getMessage());
        }
        link.close();
    }

    /** The parts of each session: the door for its agent, when it has hooks, and the egress proxy. */
    public static List<SessionPart> parts(SessionPart.Surroundings session, EgressSettings egress) throws IOException {
        List<SessionPart> parts = new ArrayList<>();
        try {
            if (session.hooks().isPresent()) {
                SessionDoor door = SessionDoor.open(
                        session.sockets().resolve(Doors.HOOKS_SOCKET),
                        session.hooks().get(),
                        session.policy(),
                        session.outbox(),
                        session.barrier());
                Optional<TranscriptTail> transcript = AgentDialect.named(
                                session.hooks().get())
                        .filter(TranscriptClaims::knows)
                        .map(dialect ->
                                TranscriptTail.follow(session.home(), dialect, claims -> door.tell("transcript", claims)
                                        .join()));
                parts.add(part(
                        door,
                        Map.of(),
                        revised -> () -> door.revise(revised),
                        () -> {
                            transcript.ifPresent(TranscriptTail::finish);
                            door.finish();
                        },
                        () -> {
                            transcript.ifPresent(TranscriptTail::close);
                            door.close();
                        }));
            }
            EgressProxy proxy =
                    EgressProxy.open(session.sockets(), session.policy(), session.outbox(), session.barrier(), egress);
            parts.add(part(proxy, proxy.environment(), revised -> prepared(proxy, revised), () -> {}, proxy::close));
            return parts;
        } catch (DoorException | EgressException e) {
            parts.forEach(SessionPart::close);
            throw new IOException(e.getMessage(), e);
        }
    }

    private interface Preparation {
        Runnable prepare(TaskPolicy revised) throws SessionPart.CannotHoldException;
    }

    private static Runnable prepared(EgressProxy proxy, TaskPolicy revised) throws SessionPart.CannotHoldException {
        try {
            return proxy.prepare(revised);
        } catch (EgressException e) {
            throw new SessionPart.CannotHoldException(String.valueOf(e.getMessage()));
        }
    }

    private static SessionPart part(
            VerdictListener listener,
            Map<String, String> environment,
            Preparation preparation,
            Runnable finish,
            Runnable close) {
        return new SessionPart() {
            @Override
            public void onVerdict(Event verdict, StageTimes stages) {
                listener.onVerdict(verdict, stages);
            }

            @Override
            public Map<String, String> environment() {
                return environment;
            }

            @Override
            public Runnable prepare(TaskPolicy revised) throws SessionPart.CannotHoldException {
                return preparation.prepare(revised);
            }

            @Override
            public void finish() {
                finish.run();
            }

            @Override
            public void close() {
                close.run();
            }
        };
    }

    /** @throws IllegalArgumentException when it is no policy, or wider than what stands above it lets it be; the message says why */
    public static TaskPolicy policy(PolicyLevels above, String yaml) {
        try {
            return above.task(yaml);
        } catch (PolicyException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
