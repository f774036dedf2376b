package io.plumbline.console.ui;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.HasStyle;
import com.vaadin.flow.component.Tag;
import com.vaadin.flow.component.dependency.JavaScript;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The {@code soc-chart} element: bars by label, or lines over time. What it shows is also said in one sentence for who does not see it. */
@Tag("soc-chart")
@JavaScript("context://soc-chart.js")
final class Chart extends Component implements HasStyle {
    private static final long serialVersionUID = 1;

    private final transient ObjectNode model = JsonNodeFactory.instance.objectNode();
    private final transient ArrayNode series;

    private Chart(String id, String kind, String unit, String sentence) {
        setId(id);
        model.put("kind", kind).put("unit", unit);
        series = model.putArray("series");
        getElement().setAttribute("role", "img");
        getElement().setAttribute("aria-label", sentence);
    }

    /** @param sentence what it says, in words */
    static Chart bars(String id, List<String> labels, String unit, String sentence) {
        Chart chart = new Chart(id, "bar", unit, sentence);
        ArrayNode x = chart.model.putArray("x");
        labels.forEach(x::add);
        return chart;
    }

    static Chart overTime(String id, String unit, String sentence) {
        Chart chart = new Chart(id, "line", unit, sentence);
        chart.model.putNull("x");
        return chart;
    }

    /** Long labels stand at an angle and are all shown. */
    Chart withLongLabels() {
        model.put("rotate", true);
        return this;
    }

    Chart upTo(double max) {
        model.put("max", max);
        return this;
    }

    /** @param tone a colour of the style sheet: acc, bad, warn, ice */
    Chart bar(String name, String tone, List<? extends Number> values) {
        ArrayNode data = one(name, tone).putArray("data");
        values.forEach(value -> data.add(value.doubleValue()));
        return shown();
    }

    Chart line(String name, String tone, List<Map.Entry<Instant, Double>> points, boolean isStepped) {
        ObjectNode one = one(name, tone).put("step", isStepped);
        ArrayNode data = one.putArray("data");
        points.forEach(
                point -> data.addArray().add(point.getKey().toEpochMilli()).add(point.getValue()));
        return shown();
    }

    /** A value that others are held against. */
    Chart mark(double at, String label) {
        model.withArray("/marks").addObject().put("at", at).put("label", label);
        return shown();
    }

    private ObjectNode one(String name, String tone) {
        return series.addObject().put("name", name).put("tone", tone);
    }

    private Chart shown() {
        getElement().setProperty("model", model.toString());
        return this;
    }
}
