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
import io.plumbline.console.search.SearchUnavailableException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks for the reason of an order. Ids: {@code reason}, the confirm button's own, {@code cancel}. */
final class ReasonDialog extends Dialog {
    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ReasonDialog.class);

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
            String refusal = told(give, reason.getValue());
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

    /** Where nothing can be looked up nothing is ordered, and the dialog stays with what was typed. */
    private static String told(Function<String, String> give, String reason) {
        try {
            return give.apply(reason);
        } catch (SearchUnavailableException e) {
            LOG.warn("nothing was ordered", e);
            return "The search copy does not answer. Nothing was ordered.";
        } catch (RuntimeException e) {
            LOG.warn("an order could not be given", e);
            return "Whether it was ordered is not known; look before you order it again.";
        }
    }
}
