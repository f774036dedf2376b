package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.Tag;
import com.vaadin.flow.component.dependency.JavaScript;
import io.plumbline.console.search.ApprovalRow;
import io.plumbline.console.text.VisibleText;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tells a person who asked for it that an agent starts to wait, the {@code soc-notify} element. What the agent wants to run is not told:
 * a desktop shows notifications to whoever stands near.
 */
@Tag("soc-notify")
@JavaScript("context://soc-notify.js")
final class Notifier extends Component {
    private static final long serialVersionUID = 1;

    private transient Optional<Set<String>> told = Optional.empty();

    Notifier(String person) {
        getElement().setAttribute("person", person);
    }

    /** What waits when the page opens is on the screen; what comes later is told once, and again when it needs a second person. */
    void show(List<ApprovalRow> approvals, Instant now) {
        Set<String> waiting = new HashSet<>();
        for (ApprovalRow approval : approvals) {
            String question = approval.id() + (approval.needsSecond() ? " second" : "");
            if (!approval.isPending(now)) {
                continue;
            }
            waiting.add(question);
            if (told.isPresent() && !told.get().contains(question)) {
                getElement()
                        .callJsFunction(
                                "ring",
                                Parts.tierMark(approval.tier())
                                        + approval.tier()
                                        + (approval.needsSecond()
                                                ? " · a second person is needed"
                                                : " · approval asked"),
                                VisibleText.line(approval.agent(), 40) + " waits for an answer",
                                approval.id());
            }
        }
        told = Optional.of(waiting);
    }
}
