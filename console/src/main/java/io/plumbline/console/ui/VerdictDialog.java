package io.plumbline.console.ui;

import com.vaadin.flow.component.Key;
import com.vaadin.flow.component.KeyModifier;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.dialog.Dialog;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.radiobutton.RadioButtonGroup;
import com.vaadin.flow.component.textfield.TextArea;
import com.vaadin.flow.data.value.ValueChangeMode;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.TriageDecision;
import io.plumbline.console.triage.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/** Asks for a verdict with its reason code, or for the end and the reason of a suppression. Ids: {@code note}, {@code confirm-triage}. */
final class VerdictDialog extends Dialog {
    private static final long serialVersionUID = 1;

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

    /** @param owner who answers for the suppression */
    static VerdictDialog suppression(String about, String owner, Instant now, Consumer<TriageDecision> decide) {
        VerdictDialog dialog = new VerdictDialog("Suppress", about, "Suppress");
        Paragraph scope = new Paragraph("Alerts of this cause in this session are counted and kept, and wait for nobody"
                + " until it ends. Owner: " + owner + ".");
        scope.addClassName("dialog-text");
        RadioButtonGroup<String> end = new RadioButtonGroup<>("Ends after", ENDS.keySet());
        end.setId("suppression-end");
        end.setValue("1 day");
        dialog.note.setLabel("Reason");
        dialog.note.setRequiredIndicatorVisible(true);
        dialog.note.setManualValidation(true);
        // So that the server has it when keys give the order.
        dialog.note.setValueChangeMode(ValueChangeMode.EAGER);
        dialog.add(scope, dialog.note, end);
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
            decide.accept(TriageDecision.suppress(
                    dialog.note.getValue(), now.plus(ENDS.getOrDefault(end.getValue(), Duration.ofDays(1)))));
        });
        dialog.note.focus();
        return dialog;
    }
}
