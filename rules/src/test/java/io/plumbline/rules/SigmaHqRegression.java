package io.plumbline.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.rules.correlation.CorrelationState;
import io.plumbline.rules.engine.JsonEvents;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The public collection's own events of Windows against the rules that they are said to be found by. */
final class SigmaHqRegression {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What Sysmon's numbers are called in log sources. */
    private static final Map<Integer, List<String>> SYSMON = Map.ofEntries(
            Map.entry(1, List.of("process_creation")),
            Map.entry(2, List.of("file_change")),
            Map.entry(3, List.of("network_connection")),
            Map.entry(6, List.of("driver_load")),
            Map.entry(7, List.of("image_load")),
            Map.entry(8, List.of("create_remote_thread")),
            Map.entry(9, List.of("raw_access_thread")),
            Map.entry(10, List.of("process_access")),
            Map.entry(11, List.of("file_event")),
            Map.entry(12, List.of("registry_event", "registry_add", "registry_delete")),
            Map.entry(13, List.of("registry_event", "registry_set")),
            Map.entry(14, List.of("registry_event", "registry_rename")),
            Map.entry(15, List.of("create_stream_hash")),
            Map.entry(17, List.of("pipe_created")),
            Map.entry(18, List.of("pipe_created")),
            Map.entry(19, List.of("wmi_event")),
            Map.entry(20, List.of("wmi_event")),
            Map.entry(21, List.of("wmi_event")),
            Map.entry(22, List.of("dns_query")),
            Map.entry(23, List.of("file_delete")),
            Map.entry(26, List.of("file_delete")));

    private static final Map<String, String> SERVICES = Map.of(
            "Security", "security",
            "System", "system",
            "Application", "application",
            "Microsoft-Windows-Sysmon/Operational", "sysmon",
            "Microsoft-Windows-PowerShell/Operational", "powershell",
            "Windows PowerShell", "powershell-classic",
            "Microsoft-Windows-Windows Defender/Operational", "windefend",
            "Microsoft-Windows-WMI-Activity/Operational", "wmi",
            "Microsoft-Windows-TaskScheduler/Operational", "taskscheduler");

    private SigmaHqRegression() {}

    /** How many are found, and not for which reasons; prints each that is not. */
    static Map<String, Integer> judged(Path root, RuleSet set) throws IOException {
        Map<String, Integer> counts = new HashMap<>();
        for (Path info : files(root.resolve("regression_data"), "info.yml")) {
            for (Path file : files(info.resolveSibling(""), ".json")) {
                String id = file.getFileName().toString().replace(".json", "");
                String said = judged(set, id, file);
                counts.merge(said, 1, Integer::sum);
                if (!said.equals("found")) {
                    System.out.println(root.relativize(file) + ": " + said);
                }
            }
        }
        return counts;
    }

    private static List<Path> files(Path folder, String end) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(file -> file.toString().endsWith(end)).sorted().toList();
        }
    }

    private static String judged(RuleSet set, String id, Path file) throws IOException {
        @Nullable Detection rule = set.detection(id).orElse(null);
        if (rule == null) {
            return "no such rule";
        }
        boolean routed = false;
        for (SigmaEvent event : events(file)) {
            if (event.logSources().stream().anyMatch(rule.logSource()::accepts)) {
                routed = true;
                if (set.engine().evaluate(event, new CorrelationState()).stream()
                        .anyMatch(match -> match.rule().equals(id))) {
                    return "found";
                }
            }
        }
        return routed ? "not found" : "log source not expressible: " + rule.logSource();
    }

    private static List<SigmaEvent> events(Path file) throws IOException {
        List<SigmaEvent> events = new ArrayList<>();
        for (JsonNode each : JSON.readerFor(JsonNode.class)
                .<JsonNode>readValues(Files.readString(file))
                .readAll()) {
            JsonNode system = each.at("/Event/System");
            Map<String, JsonNode> fields = new LinkedHashMap<>();
            JsonNode number = system.path("EventID");
            fields.put("EventID", number.isObject() ? number.path("#text") : number);
            fields.put("Channel", system.path("Channel"));
            fields.put("Computer", system.path("Computer"));
            fields.put("Provider_Name", system.at("/Provider/#attributes/Name"));
            flatten(each.at("/Event/EventData"), fields);
            flatten(each.at("/Event/UserData"), fields);
            SigmaEvent.Builder event = JsonEvents.read(JSON.valueToTree(fields).toString());
            logSources(fields.get("Channel").asText(), fields.get("EventID").asInt())
                    .forEach(event::logSource);
            events.add(event.build());
        }
        return events;
    }

    private static void flatten(JsonNode data, Map<String, JsonNode> fields) {
        data.properties().forEach(entry -> {
            if (entry.getValue().isObject() && !entry.getKey().startsWith("#")) {
                flatten(entry.getValue(), fields);
            } else if (!entry.getKey().startsWith("#")) {
                fields.putIfAbsent(entry.getKey(), entry.getValue());
                // Windows Defender's names have blanks, which Sigma's have not.
                fields.putIfAbsent(entry.getKey().replace(' ', '_'), entry.getValue());
                fields.putIfAbsent(entry.getKey().replace(" ", ""), entry.getValue());
            }
        });
    }

    private static List<LogSource> logSources(String channel, int number) {
        String service = SERVICES.getOrDefault(channel, "");
        List<String> categories =
                switch (service) {
                    case "sysmon" -> SYSMON.getOrDefault(number, List.of(""));
                    case "security" -> number == 4688 ? List.of("process_creation") : List.of("");
                    case "powershell" ->
                        number == 4104 ? List.of("ps_script") : number == 4103 ? List.of("ps_module") : List.of("");
                    default -> List.of("");
                };
        return categories.stream()
                .map(category -> new LogSource(category, "windows", service))
                .toList();
    }
}
