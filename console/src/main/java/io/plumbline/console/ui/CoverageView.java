package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.H3;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.rules.RulesInForce;
import io.plumbline.console.text.VisibleText;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.workbench.Coverage;
import io.plumbline.rules.workbench.Techniques;
import jakarta.annotation.security.PermitAll;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Which techniques of ATT&amp;CK and ATLAS the rules in force are tagged with, by tactic. A tag is a claim, not a proof. */
@Route(value = "rules/coverage", layout = MainLayout.class)
@PageTitle("Plumbline · coverage")
@PermitAll
public class CoverageView extends Div {
    private static final long serialVersionUID = 1;

    private final transient RulesInForce rules;
    private final Div body = new Div();
    private final transient PageReading reading = new PageReading();

    public CoverageView(RulesInForce rules) {
        this.rules = rules;
        addClassName("list-page");
        RouterLink back = new RouterLink("Rules", RulesView.class);
        Div head = new Div(
                new H1("Coverage"), Parts.text("a tag is a claim, not a proof", "mut"), Parts.text("", "sp"), back);
        head.addClassName("page-head");
        body.addClassName("coverage");
        // A scrolled region that has nothing to focus inside is focused itself.
        body.getElement().setAttribute("tabindex", "0");
        add(head, body);
    }

    @Override
    protected void onAttach(AttachEvent attach) {
        tell("Reading the rules in force…");
        reading.ask(
                this,
                attach.getUI(),
                () -> rules.load(rules.now().inForce()).set(),
                this::show,
                () -> tell("The rules in force cannot be read right now."));
    }

    private void tell(String sentence) {
        body.removeAll();
        body.add(new Div(sentence));
    }

    private void show(RuleSet set) {
        body.removeAll();
        for (Techniques base : Techniques.values()) {
            body.add(matrix(base, Coverage.of(set, base)));
        }
    }

    private static Section matrix(Techniques base, Coverage coverage) {
        String name = base == Techniques.ATLAS ? "MITRE ATLAS " : "MITRE ATT&CK ";
        Section section = new Section(new H2(name + base.version()));
        section.setId("coverage-" + base.name().toLowerCase(Locale.ROOT));
        Div tactics = new Div();
        tactics.addClassName("tactics");
        Map<String, List<String>> rules = coverage.rules();
        for (Coverage.Row row : coverage.rows()) {
            Div tactic = new Div(new H3(row.tactic().name()));
            tactic.addClassName("tactic");
            tactic.add(Parts.text(row.covered() + " of " + row.techniques(), "mut"));
            base.techniques().values().stream()
                    .filter(technique ->
                            technique.tactics().contains(row.tactic().shortName()))
                    .filter(technique -> rules.containsKey(technique.id()))
                    .forEach(technique -> {
                        List<String> titles = rules.getOrDefault(technique.id(), List.of());
                        Span cell = Parts.said(technique.id() + " " + technique.name(), 60, "technique");
                        cell.add(Parts.text(" " + titles.size(), "mut"));
                        cell.setTitle(VisibleText.line(
                                String.join("; ", titles.stream().limit(10).toList()), 1_000));
                        tactic.add(cell);
                    });
            tactics.add(tactic);
        }
        section.add(tactics);
        return section;
    }
}
