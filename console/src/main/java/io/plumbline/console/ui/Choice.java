package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.HasEnabled;
import com.vaadin.flow.component.HasStyle;
import com.vaadin.flow.component.Tag;
import com.vaadin.flow.dom.Element;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The browser's own list to choose from. */
@Tag("select")
final class Choice extends Component implements HasStyle, HasEnabled {
    private static final long serialVersionUID = 1;

    private final transient Map<String, String> options = new LinkedHashMap<>();
    private String value = "";

    /** @param label for those who do not see where it stands */
    Choice(String id, String label, Consumer<String> chosen) {
        setId(id);
        addClassName("choice");
        getElement().setAttribute("aria-label", label);
        getElement()
                .addEventListener("change", event -> {
                    String picked = event.getEventData().path("element.value").asString("");
                    if (options.containsKey(picked)) {
                        value = picked;
                        chosen.accept(picked);
                    }
                })
                .addEventData("element.value");
    }

    /** @param labels by value */
    Choice options(Map<String, String> labels) {
        if (!labels.equals(options) || !List.copyOf(labels.keySet()).equals(List.copyOf(options.keySet()))) {
            options.clear();
            options.putAll(labels);
            getElement().removeAllChildren();
            labels.forEach((key, label) -> getElement()
                    .appendChild(
                            new Element("option").setAttribute("value", key).setText(label)));
            value(value);
        }
        return this;
    }

    Choice value(String chosen) {
        value = chosen;
        // The browser takes the value only after it has the options.
        getElement().executeJs("this.value = $0", chosen);
        setClassName("set", !chosen.isEmpty());
        return this;
    }

    String value() {
        return value;
    }
}
