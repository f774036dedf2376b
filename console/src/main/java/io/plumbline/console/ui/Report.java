package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.NativeTable;
import com.vaadin.flow.component.html.NativeTableCell;
import com.vaadin.flow.component.html.NativeTableHeaderCell;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.html.Section;
import io.plumbline.console.text.VisibleText;
import java.util.List;
import java.util.Map;

/** Pieces of pages that are made to be printed. */
final class Report {
    /** Rows of one table; a longer one says so. */
    static final int MAX_ROWS = 200;

    private Report() {}

    static Section section(String id, String title, Component... content) {
        Section section = new Section(new H2(title));
        section.setId(id);
        section.add(content);
        return section;
    }

    static DescriptionList counts(Map<String, Long> counts) {
        DescriptionList facts = Parts.facts();
        if (counts.isEmpty()) {
            Parts.fact(facts, "none", "");
        }
        counts.forEach((name, number) ->
                Parts.fact(facts, VisibleText.line(name.replace('_', ' '), 60), Long.toString(number)));
        return facts;
    }

    /** @param rows cells whose text is already fit for sight */
    static Component table(List<String> headings, List<List<String>> rows) {
        if (rows.isEmpty()) {
            return Parts.text("none", "mut");
        }
        NativeTable table = new NativeTable();
        table.addClassName("rows");
        NativeTableRow head = new NativeTableRow();
        headings.forEach(heading -> head.add(new NativeTableHeaderCell(heading)));
        table.getHead().add(head);
        rows.stream().limit(MAX_ROWS).forEach(row -> {
            NativeTableRow line = new NativeTableRow();
            row.forEach(cell -> {
                NativeTableCell shown = new NativeTableCell(cell);
                // A number and a time stay on one line.
                shown.setClassName("number", cell.matches("[+−-]?[\\d,.:]{1,15}"));
                line.add(shown);
            });
            table.getBody().add(line);
        });
        Div whole = new Div(table);
        if (rows.size() > MAX_ROWS) {
            whole.add(Parts.text((rows.size() - MAX_ROWS) + " more are not in this report", "mut"));
        }
        return whole;
    }

    /** The browser prints, or writes a PDF file. */
    static Component print() {
        var button = Parts.button("Print or save as PDF", "print", "primary", () -> {});
        button.getElement().executeJs("this.addEventListener('click', () => window.print())");
        return button;
    }
}
