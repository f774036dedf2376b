package io.plumbline.watcher.attribution;

import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.ProxyConnection;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whose a connection of the egress proxy is. The proxy sees no process; the kernel tells who connected to its door. The two meet by
 * their order: a request belongs to one of the connections that were made before it and not asked for yet.
 */
public final class EgressOwners {
    /** The loopback port inside a sandbox that leads to the proxy. */
    public static final int PROXY_PORT = 3128;

    /**
     * Who may have asked.
     *
     * @param certain whether only one process can have
     */
    public record Owners(List<ProxyConnection> candidates, boolean certain) {
        public Owners {
            candidates = List.copyOf(candidates);
        }
    }

    private static final Owners NOBODY = new Owners(List.of(), false);

    private final WatchState.Builder state;
    private boolean forgotten;

    public EgressOwners(SessionState session) {
        this.state = session.values();
    }

    /**
     * A process connected to somewhere on loopback.
     *
     * @return false when a connection had to be forgotten for it: who asks next cannot be told any more
     */
    public boolean connected(Connected connect, Attribution by, String event) {
        boolean door = connect.getPeer().getPort() == PROXY_PORT
                && connect.getPeer().getFamily().startsWith("inet");
        if (!door || !made(connect)) {
            return true;
        }
        boolean room = state.getProxyConnectionsCount() < StateLimits.PROXY_CONNECTIONS;
        if (!room) {
            state.removeProxyConnections(0);
            state.getEvictedBuilder().setProxyConnections(state.getEvicted().getProxyConnections() + 1);
        }
        state.addProxyConnections(ProxyConnection.newBuilder()
                .setProcess(by.process())
                .setCall(by.call())
                .setEvent(event));
        return room;
    }

    /** Whether a connection came about. One that does not block is under way when it fails with EINPROGRESS. */
    public static boolean made(Connected connect) {
        return connect.getError() == 0 || connect.getError() == 115;
    }

    /**
     * Who asks. The same connection keeps its owner; a new one takes the oldest that waits, and is certain only when all that wait are
     * of one process.
     */
    public Owners of(EgressRequested request) {
        Optional<Owners> known = known(request.getConnection());
        if (known.isPresent()) {
            return known.get();
        }
        List<ProxyConnection> waiting = state.getProxyConnectionsList();
        if (waiting.isEmpty()) {
            return NOBODY;
        }
        Set<String> processes = new TreeSet<>();
        waiting.forEach(connection -> processes.add(connection.getProcess()));
        Owners owners = new Owners(waiting, processes.size() == 1);
        ProxyConnection first = state.getProxyConnections(0);
        state.removeProxyConnections(0);
        if (owners.certain()) {
            remember(request.getConnection(), first);
        }
        return owners;
    }

    /** Whose the connection is that was decided about; nobody when its request did not say. */
    public Owners of(EgressDecided decided) {
        return known(decided.getConnection()).orElse(NOBODY);
    }

    /** A connection is over: its number does not come again. */
    public void closed(EgressDecided decided) {
        if (decided.getClosed()) {
            state.removeEgressOwners(decided.getConnection());
        }
    }

    /** Whether the owner of an open connection had to be forgotten: what leaves by it cannot be told any more. */
    public boolean hasForgotten() {
        return forgotten;
    }

    private Optional<Owners> known(long connection) {
        return Optional.ofNullable(state.getEgressOwnersMap().get(connection))
                .map(known -> new Owners(known.getProcess().isEmpty() ? List.of() : List.of(known), true));
    }

    /** The call that explains all who may have asked; empty when they differ or have none. */
    public static Optional<String> call(Owners owners) {
        List<String> calls = new ArrayList<>();
        owners.candidates().forEach(candidate -> calls.add(candidate.getCall()));
        return calls.stream().distinct().count() == 1 && !calls.getFirst().isEmpty()
                ? Optional.of(calls.getFirst())
                : Optional.empty();
    }

    private void remember(long connection, ProxyConnection owner) {
        if (state.getEgressOwnersCount() >= StateLimits.EGRESS_OWNERS) {
            state.getEgressOwnersMap().keySet().stream()
                    .min(Long::compareUnsigned)
                    .ifPresent(state::removeEgressOwners);
            state.getEvictedBuilder().setEgressOwners(state.getEvicted().getEgressOwners() + 1);
            forgotten = true;
        }
        state.putEgressOwners(connection, owner);
    }
}
