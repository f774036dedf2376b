package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.Key;
import com.vaadin.flow.component.KeyModifier;
import com.vaadin.flow.component.button.Button;
import com.vaadin.flow.component.button.ButtonVariant;
import com.vaadin.flow.component.dialog.Dialog;
import com.vaadin.flow.component.html.Paragraph;
import com.vaadin.flow.component.textfield.TextArea;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.data.value.ValueChangeMode;
import io.plumbline.console.orders.Orders;
import java.util.function.Function;

/** Asks for the reason of an order. Ids: {@code reason}, the confirm button's own, {@code cancel}. */
final class ReasonDialog extends Dialog {
    private static final long serialVersionUID = 1;

    private boolean allowed = true;
    private transient Runnable decideWhetherOpen = () -> {};

    /**
     * @param give takes the reason and answers with the sentence to show when the order was refused, or an empty text when it was
     *     accepted
     */
    ReasonDialog(
            String title, String explanation, String confirmLabel, String confirmId, Function<String, String> give) {
        this(title, explanation, confirmLabel, confirmId, "", give);
    }

    /** Shows more to choose from, between the explanation and the reason. */
    ReasonDialog with(Component more) {
        addComponentAtIndex(1, more);
        return this;
    }

    /** Whether what was chosen above the reason can be ordered. */
    void allow(boolean now) {
        allowed = now;
        decideWhetherOpen.run();
    }

    /** @param typed what has to be typed before the order can be given; empty: nothing */
    ReasonDialog(
            String title,
            String explanation,
            String confirmLabel,
            String confirmId,
            String typed,
            Function<String, String> give) {
        setHeaderTitle(title);
        Paragraph text = new Paragraph(explanation);
        text.addClassName("dialog-text");
        TextArea reason = new TextArea("Reason");
        reason.setId("reason");
        reason.setMaxLength(Orders.MAX_REASON);
        reason.setWidthFull();
        reason.setRequired(true);
        reason.setRequiredIndicatorVisible(true);
        reason.setValueChangeMode(ValueChangeMode.EAGER);
        Button confirm = new Button(confirmLabel);
        confirm.setId(confirmId);
        confirm.addThemeVariants(ButtonVariant.LUMO_PRIMARY);
        if (confirmId.contains("kill") || confirmId.contains("deny")) {
            confirm.addThemeVariants(ButtonVariant.LUMO_ERROR);
        }
        confirm.setEnabled(false);
        TextField proof = new TextField("Type " + typed + " to confirm");
        proof.setId("typed");
        proof.setWidthFull();
        proof.setVisible(!typed.isEmpty());
        proof.setValueChangeMode(ValueChangeMode.EAGER);
        decideWhetherOpen = () -> confirm.setEnabled(allowed
                && !reason.getValue().isBlank()
                && (typed.isEmpty() || proof.getValue().strip().equals(typed)));
        reason.addValueChangeListener(change -> decideWhetherOpen.run());
        proof.addValueChangeListener(change -> decideWhetherOpen.run());
        confirm.addClickShortcut(Key.ENTER, KeyModifier.CONTROL);
        confirm.addClickListener(click -> {
            String refusal = give.apply(reason.getValue());
            if (refusal.isEmpty()) {
                close();
            } else {
                reason.setInvalid(true);
                reason.setErrorMessage(refusal);
            }
        });
        Button cancel = new Button("Cancel", click -> close());
        cancel.setId("cancel");
        add(text, reason, proof);
        getFooter().add(cancel, confirm);
        setWidth("480px");
        reason.focus();
    }
}
