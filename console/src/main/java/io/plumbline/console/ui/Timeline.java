package io.plumbline.console.ui;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.HasStyle;
import com.vaadin.flow.component.Tag;
import com.vaadin.flow.component.dependency.JavaScript;
import io.plumbline.console.search.Window;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The {@code soc-timeline} element. */
@Tag("soc-timeline")
@JavaScript("context://soc-timeline.js")
class Timeline extends Component implements HasStyle {
    private static final long serialVersionUID = 1;

    private transient String shown = "";

    Timeline() {
        setId("timeline");
    }

    /** The model of {@link io.plumbline.console.session.TimelineModel}. */
    void show(ObjectNode model) {
        String json = model.toString();
        // An equal model would only make the element draw again.
        if (!json.equals(shown)) {
            shown = json;
            getElement().setProperty("model", json);
        }
    }

    /**
     * Another session, or the same one afresh.
     *
     * @param key of this opening
     * @param view the piece of time that is shown; empty: the usual one
     */
    void open(String key, Optional<Window> view) {
        getElement()
                .setProperty(
                        "span",
                        key + "|"
                                + view.map(piece -> piece.from().toEpochMilli() + ","
                                                + piece.to().toEpochMilli())
                                        .orElse(""));
    }

    void select(String event) {
        getElement().setProperty("selected", event);
    }

    void fit() {
        getElement().callJsFunction("fit");
    }

    void focusDeviations() {
        getElement().callJsFunction("focusDeviations");
    }

    void zoom(double factor) {
        getElement().callJsFunction("zoom", factor);
    }

    void onSelect(Consumer<String> listener) {
        getElement()
                .addEventListener(
                        "soc-select",
                        event -> listener.accept(
                                event.getEventData().path("event.detail.id").asString("")))
                .addEventData("event.detail.id");
    }

    /** Tells the piece of time on the screen that somebody chose; both in milliseconds since the epoch. */
    void onWindow(BiConsumer<Double, Double> listener) {
        getElement()
                .addEventListener(
                        "soc-window",
                        event -> listener.accept(
                                event.getEventData().path("event.detail.from").asDouble(0),
                                event.getEventData().path("event.detail.to").asDouble(0)))
                .addEventData("event.detail.from")
                .addEventData("event.detail.to");
    }
}
