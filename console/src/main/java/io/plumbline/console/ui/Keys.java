package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.Tag;
import com.vaadin.flow.component.dependency.JavaScript;
import com.vaadin.flow.component.dialog.Dialog;
import com.vaadin.flow.component.html.DescriptionList;
import java.util.LinkedHashMap;
import java.util.Map;

/** The keys of a page, the {@code soc-keys} element. {@code ?} shows them. */
@Tag("soc-keys")
@JavaScript("context://soc-keys.js")
final class Keys extends Component {
    private static final long serialVersionUID = 1;

    private final transient Map<String, Runnable> actions = new LinkedHashMap<>();
    private final transient Map<String, String> meanings = new LinkedHashMap<>();

    Keys() {
        on("?", "show these keys", this::help);
        getElement()
                .addEventListener("soc-key", event -> {
                    Runnable action = actions.get(
                            event.getEventData().path("event.detail.key").asString(""));
                    if (action != null) {
                        action.run();
                    }
                })
                .addEventData("event.detail.key");
    }

    Keys on(String key, String meaning, Runnable action) {
        actions.put(key, action);
        meanings.put(key, meaning);
        getElement().setAttribute("keys", String.join(" ", actions.keySet()));
        return this;
    }

    private void help() {
        Dialog dialog = new Dialog();
        dialog.setHeaderTitle("Keys");
        DescriptionList list = Parts.facts();
        list.setId("key-help");
        meanings.forEach((key, meaning) -> Parts.fact(list, key, meaning));
        dialog.add(list);
        dialog.setWidth("380px");
        dialog.open();
    }
}
