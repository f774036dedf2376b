package io.plumbline.console.session;

import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.TimelineEvent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The processes of a session with their parents. Built for looking at: which call a process belongs to is told by its arguments
 * carrying the announced command, and by ancestry; the watcher's own attribution is what alerts name.
 *
 * @param processes by entity id, parents before children where both were seen
 */
public record ProcessTree(Map<String, Node> processes) {
    /**
     * @param entity {@code threadGroup@start}
     * @param parent entity of the parent; empty when nobody was seen forking it
     * @param commands what it executed, oldest first; never empty
     * @param call the announced call that it belongs to; empty for the agent's own processes
     * @param deviating whether an alert rests on what it did, or it is an ancestor of such a process inside the same call
     */
    public record Node(
            String entity,
            long pid,
            Optional<String> parent,
            List<Command> commands,
            long startNs,
            Optional<Long> endNs,
            Optional<String> call,
            boolean deviating,
            boolean first) {
        /** Names of what it executed, joined by an arrow when one replaced another. */
        public String label() {
            List<String> names = new ArrayList<>();
            for (Command command : commands) {
                if (names.isEmpty() || !names.getLast().equals(command.name())) {
                    names.add(command.name());
                }
            }
            return String.join(" › ", names);
        }

        public Command last() {
            return commands.getLast();
        }
    }

    /** @param event id of the event that reported the exec; empty for a fork without one */
    public record Command(String event, String name, String commandLine) {}

    /** @param calls the announced tool calls, {@code tool-call} events */
    public static ProcessTree of(
            Collection<TimelineEvent> processEvents,
            Collection<TimelineEvent> calls,
            Collection<AlertRow> alerts,
            Collection<TimelineEvent> evidence) {
        Map<String, Building> building = new LinkedHashMap<>();
        processEvents.stream().sorted(Comparator.comparing(TimelineEvent::at)).forEach(event -> {
            switch (event.action()) {
                case "process-forked" -> forked(building, event);
                case "process-started" -> started(building, event);
                case "process-exited" -> exited(building, event);
                default -> {
                    // Not about the life of a process.
                }
            }
        });
        attribute(building, calls);
        markDeviating(building, alerts, evidence);
        Map<String, Node> nodes = new LinkedHashMap<>();
        building.values().stream()
                .filter(process -> !process.commands.isEmpty())
                .forEach(process -> nodes.put(process.entity, process.build(building)));
        return new ProcessTree(nodes);
    }

    /** Processes without a parent that is shown. */
    public List<Node> roots() {
        return processes.values().stream()
                .filter(node -> node.parent().filter(processes::containsKey).isEmpty())
                .toList();
    }

    public List<Node> children(Node parent) {
        return processes.values().stream()
                .filter(node -> node.parent().filter(parent.entity()::equals).isPresent())
                .toList();
    }

    private static void forked(Map<String, Building> building, TimelineEvent event) {
        String parent = event.text("/process/entity_id");
        String child = event.text("/plumbline/child/entity_id");
        // A new thread of the same process.
        if (child.isEmpty()
                || child.equals(parent)
                || event.number("/plumbline/child/pid") == event.number("/process/pid")) {
            return;
        }
        Building process = building.computeIfAbsent(child, Building::new);
        process.parent = Optional.of(parent);
        process.pid = event.number("/plumbline/child/pid");
        process.startNs = process.startNs == 0 ? event.atNs() : process.startNs;
    }

    private static void started(Map<String, Building> building, TimelineEvent event) {
        if (event.text("/event/outcome").equals("failure")) {
            return;
        }
        Building process = building.computeIfAbsent(event.text("/process/entity_id"), Building::new);
        process.pid = event.number("/process/pid");
        process.startNs = process.startNs == 0 ? event.atNs() : process.startNs;
        process.first |= event.flag("/plumbline/first");
        String line = event.text("/process/command_line");
        process.commands.add(new Command(
                event.id(), name(event.text("/process/executable"), event.text("/process/thread/name")), line));
    }

    private static void exited(Map<String, Building> building, TimelineEvent event) {
        Building process = building.get(event.text("/process/entity_id"));
        // Threads of the process exit too; the last exit is its end.
        if (process != null) {
            process.endNs = Optional.of(event.atNs());
        }
    }

    static String name(String executable, String thread) {
        String name = executable.isEmpty() ? thread : executable.substring(executable.lastIndexOf('/') + 1);
        return name.isEmpty() ? "?" : name;
    }

    private static void attribute(Map<String, Building> building, Collection<TimelineEvent> calls) {
        for (TimelineEvent call : calls) {
            String command = call.text("/plumbline/call/command").strip();
            if (command.isEmpty()) {
                continue;
            }
            String escaped = command.replace("'", "'\\''");
            building.values().stream()
                    .filter(process ->
                            process.call.isEmpty() && !process.first && process.startNs >= call.atNs() - 50_000_000L)
                    .filter(process -> process.commands.stream()
                            .anyMatch(line -> line.commandLine().contains(command)
                                    || line.commandLine().contains(escaped)))
                    .min(Comparator.comparingLong(process -> process.startNs))
                    .ifPresent(process -> process.call = Optional.of(call.text("/plumbline/call/id")));
        }
        // Parents come before their children in the order of time, so one pass is enough.
        building.values().forEach(process -> {
            if (process.call.isEmpty()) {
                process.call = process.parent.map(building::get).flatMap(parent -> parent.call);
            }
        });
    }

    private static void markDeviating(
            Map<String, Building> building, Collection<AlertRow> alerts, Collection<TimelineEvent> evidence) {
        Map<String, String> actorOfEvent = new HashMap<>();
        evidence.forEach(event -> actorOfEvent.put(event.id(), event.text("/process/entity_id")));
        building.values()
                .forEach(process ->
                        process.commands.forEach(command -> actorOfEvent.put(command.event(), process.entity)));
        Set<String> deviating = new HashSet<>();
        alerts.stream()
                .flatMap(alert -> alert.evidence().stream())
                .map(actorOfEvent::get)
                .filter(entity -> entity != null && building.containsKey(entity))
                .forEach(deviating::add);
        for (String entity : deviating) {
            Optional<Building> process = Optional.ofNullable(building.get(entity));
            Optional<String> call = process.flatMap(found -> found.call);
            while (process.isPresent() && !process.get().first) {
                process.get().deviating = true;
                process = process.get()
                        .parent
                        .map(building::get)
                        .filter(parent -> call.isPresent() && parent.call.equals(call));
            }
        }
    }

    private static final class Building {
        final String entity;
        final List<Command> commands = new ArrayList<>();
        long pid;
        Optional<String> parent = Optional.empty();
        long startNs;
        Optional<Long> endNs = Optional.empty();
        Optional<String> call = Optional.empty();
        boolean deviating;
        boolean first;

        Building(String entity) {
            this.entity = entity;
        }

        /** Forks that never executed anything are left out; their children hang on the nearest ancestor that did. */
        Node build(Map<String, Building> all) {
            Optional<Building> ancestor = parent.map(all::get);
            while (ancestor.isPresent() && ancestor.get().commands.isEmpty()) {
                ancestor = ancestor.get().parent.map(all::get);
            }
            return new Node(
                    entity,
                    pid,
                    ancestor.map(found -> found.entity),
                    List.copyOf(commands),
                    startNs,
                    endNs,
                    call,
                    deviating,
                    first);
        }
    }
}
