package io.plumbline.rules.workbench;

import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.sigma.Numbers;
import io.plumbline.rules.yaml.YamlNode;
import java.math.BigDecimal;

/** Fields of events that are written in YAML. */
final class EventFields {
    private EventFields() {}

    /** Puts a value with the type that YAML gives it: plain numbers and null are such. */
    static void put(SigmaEvent.Builder event, String name, YamlNode value) {
        switch (value) {
            case YamlNode.Scalar scalar -> {
                BigDecimal number = scalar.plain() ? Numbers.parse(scalar.text()) : null;
                if (number != null) {
                    event.put(name, number);
                } else if (scalar.plain()
                        && (scalar.text().isEmpty() || scalar.text().equals("null"))) {
                    event.putNull(name);
                } else {
                    event.put(name, scalar.text());
                }
            }
            case YamlNode.Sequence list -> {
                event.list(name);
                list.items().forEach(item -> put(event, name, item));
            }
            case YamlNode.Mapping mapping -> {
                event.putObject(name);
                mapping.entries()
                        .forEach(entry -> put(event, name + "." + entry.key().text(), entry.value()));
            }
        }
    }
}
