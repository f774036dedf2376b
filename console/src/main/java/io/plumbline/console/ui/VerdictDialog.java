package io.plumbline.console.ui;

import com.vaadin.flow.component.Key;
import com.vaadin.flow.component.KeyModifier;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.checkbox.Checkbox;
import com.vaadin.flow.component.dialog.Dialog;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.radiobutton.RadioButtonGroup;
import com.vaadin.flow.component.textfield.TextArea;
import com.vaadin.flow.data.value.ValueChangeMode;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.TenantSuppression;
import io.plumbline.console.orders.TenantSuppression.Scope;
import io.plumbline.console.orders.TriageDecision;
import io.plumbline.console.search.SuppressionRow;
import io.plumbline.console.text.VisibleText;
import io.plumbline.console.triage.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Asks for a verdict with its reason code, or for the end and the reason of a suppression. Ids: {@code note}, {@code confirm-triage}. */
final class VerdictDialog extends Dialog {
    private static final long serialVersionUID = 1;

    private static final String HERE = "this cause in this session";
    private static final String EVERYWHERE = "all sessions of the tenant";

    private static final Map<String, Duration> ENDS = ends();

    private final TextArea note = new TextArea();
    private final Button confirm = new Button();

    private VerdictDialog(String title, String explanation, String label) {
        setHeaderTitle(title);
        setWidth("520px");
        Paragraph text = new Paragraph(explanation);
        text.addClassName("dialog-text");
        note.setId("note");
        note.setMaxLength(Orders.MAX_REASON);
        note.setWidthFull();
        confirm.setText(label);
        confirm.setId("confirm-triage");
        confirm.addThemeVariants(ButtonVariant.LUMO_PRIMARY);
        confirm.addClickShortcut(Key.ENTER, KeyModifier.CONTROL);
        Button cancel = new Button("Cancel", click -> close());
        cancel.setId("cancel");
        getFooter().add(cancel, confirm);
        add(text);
    }

    private static Map<String, Duration> ends() {
        Map<String, Duration> ends = new LinkedHashMap<>();
        ends.put("1 hour", Duration.ofHours(1));
        ends.put("8 hours", Duration.ofHours(8));
        ends.put("1 day", Duration.ofDays(1));
        ends.put("7 days", Duration.ofDays(7));
        ends.put("30 days", Duration.ofDays(30));
        return ends;
    }

    /**
     * @param about what is decided, in a few words
     * @param likely the verdict that is chosen at first
     */
    static VerdictDialog verdict(String about, String likely, Consumer<TriageDecision> decide) {
        VerdictDialog dialog = new VerdictDialog("Verdict", about, "Give the verdict");
        RadioButtonGroup<String> words = new RadioButtonGroup<>("What it is", Words.VERDICTS);
        words.setId("verdict");
        words.setItemLabelGenerator(Words::spoken);
        RadioButtonGroup<String> codes = new RadioButtonGroup<>("Reason");
        codes.setId("reason-code");
        codes.setItemLabelGenerator(Words::spoken);
        words.addValueChangeListener(change -> {
            List<String> offered = Words.REASON_CODES.getOrDefault(change.getValue(), List.of());
            codes.setItems(offered);
            offered.stream().findFirst().ifPresent(codes::setValue);
        });
        words.setValue(likely);
        dialog.note.setLabel("Note");
        dialog.add(words, codes, dialog.note);
        dialog.confirm.addClickListener(click -> {
            dialog.close();
            decide.accept(TriageDecision.verdict(
                    words.getValue(), Objects.requireNonNullElse(codes.getValue(), ""), dialog.note.getValue()));
        });
        // The keyboard starts at the chosen verdict; arrows change it.
        words.getElement().executeJs("setTimeout(() => this.querySelector('[checked] input, input')?.focus(), 50)");
        return dialog;
    }

    /** What somebody who suppresses can order: for the cause, or for the whole tenant. */
    record Suppressing(Consumer<TriageDecision> cause, Consumer<TenantSuppression> tenant) {}

    /**
     * @param owner who answers for the suppression
     * @param like what else can be covered; empty: only the cause
     * @param open how many causes wait now that such a scope would cover; empty: not known
     */
    static VerdictDialog suppression(
            String about,
            String owner,
            Instant now,
            Optional<Scope> like,
            Function<Scope, OptionalLong> open,
            Suppressing suppress) {
        VerdictDialog dialog = new VerdictDialog("Suppress", about, "Suppress");
        Paragraph told = new Paragraph();
        told.addClassName("dialog-text");
        told.setId("suppression-told");
        told.getElement().setAttribute("role", "status");
        RadioButtonGroup<String> where = new RadioButtonGroup<>("Where");
        where.setId("suppression-scope");
        where.setItems(like.isPresent() ? List.of(HERE, EVERYWHERE) : List.of(HERE));
        where.setValue(HERE);
        Checkbox agent = new Checkbox("only of "
                + like.map(scope -> VisibleText.line(scope.agent(), 40)).orElse(""));
        agent.setId("suppression-agent");
        Checkbox workspace = new Checkbox("only in "
                + like.map(scope -> VisibleText.line(scope.workspace(), 60)).orElse(""));
        workspace.setId("suppression-workspace");
        Supplier<Optional<Scope>> chosen = () -> like.filter(scope -> EVERYWHERE.equals(where.getValue()))
                .map(scope -> new Scope(
                        scope.kind(),
                        scope.clause(),
                        agent.getValue() ? scope.agent() : "",
                        workspace.getValue() ? scope.workspace() : "",
                        scope.highest()));
        Runnable tell = () -> {
            Optional<Scope> scope = chosen.get();
            agent.setVisible(
                    scope.isPresent() && !like.map(Scope::agent).orElse("").isEmpty());
            workspace.setVisible(
                    scope.isPresent() && !like.map(Scope::workspace).orElse("").isEmpty());
            told.setText(scope.map(wide -> sentence(wide, open.apply(wide)))
                            .orElse("Alerts of this cause in this session are counted and kept, and wait for nobody"
                                    + " until it ends.")
                    + " Owner: " + owner + ".");
        };
        where.addValueChangeListener(change -> tell.run());
        agent.addValueChangeListener(change -> tell.run());
        workspace.addValueChangeListener(change -> tell.run());
        tell.run();
        RadioButtonGroup<String> end = new RadioButtonGroup<>("Ends after", ENDS.keySet());
        end.setId("suppression-end");
        end.setValue("1 day");
        dialog.note.setLabel("Reason");
        dialog.note.setRequiredIndicatorVisible(true);
        dialog.note.setManualValidation(true);
        // So that the server has it when keys give the order.
        dialog.note.setValueChangeMode(ValueChangeMode.EAGER);
        dialog.add(where, agent, workspace, told, dialog.note, end);
        // Not disabled until there is a reason: keys that follow each other faster than the server answers would be
        // lost.
        dialog.confirm.addClickListener(click -> {
            if (dialog.note.getValue().isBlank()) {
                dialog.note.setInvalid(true);
                dialog.note.setErrorMessage("A suppression needs a reason.");
                dialog.note.focus();
                return;
            }
            dialog.close();
            Instant until = now.plus(ENDS.getOrDefault(end.getValue(), Duration.ofDays(1)));
            chosen.get()
                    .ifPresentOrElse(
                            scope -> suppress.tenant()
                                    .accept(new TenantSuppression(scope, dialog.note.getValue(), until)),
                            () -> suppress.cause().accept(TriageDecision.suppress(dialog.note.getValue(), until)));
        });
        dialog.note.focus();
        return dialog;
    }

    private static String sentence(Scope scope, OptionalLong open) {
        return "Every session of the tenant: alerts of "
                + VisibleText.line(SuppressionRow.about(scope.kind(), scope.clause()), 80) + " up to " + scope.highest()
                + " are counted and kept, and wait for nobody until it ends; what a person decided stays."
                + (open.isEmpty()
                        ? " How many causes are open now is not known."
                        : (scope.workspace().isEmpty() ? " " : " At most ") + open.getAsLong()
                                + (open.getAsLong() == 1 ? " cause is" : " causes are") + " open now.");
    }
}
