package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.HasComponents;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.H3;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Pre;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.component.notification.Notification;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.CauseRow;
import io.plumbline.console.text.VisibleText;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Small pieces of the pages. Whatever comes from an agent goes through {@link #said} or {@link #exact}. */
final class Parts {
    private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT);
    private static final DateTimeFormatter MOMENT = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);
    private static final DateTimeFormatter OFFSET = DateTimeFormatter.ofPattern("xxx", Locale.ROOT);
    private static final Pattern SUBSTITUTION = Pattern.compile("\\$\\([^)]*\\)?|`[^`]*`?|\\$\\{[^}]*}?");

    private Parts() {}

    /** Text of the console itself. */
    static Span text(String text, String... classes) {
        Span span = new Span(text);
        span.addClassNames(classes);
        return span;
    }

    /** Text of an agent on one line, escaped for sight and cut. */
    static Span said(String text, int limit, String... classes) {
        Span span = text(VisibleText.line(text, limit), classes);
        if (text.length() > limit) {
            span.setTitle(VisibleText.line(text, 2_000));
        }
        return span;
    }

    /** A name that people take elsewhere: shown, and put on the clipboard by the button beside it. */
    static Span copyable(String name, int limit) {
        Span copyable = new Span(said(name, limit, "mono"), copy(name));
        copyable.addClassName("copyable");
        return copyable;
    }

    /** Where a page has no clipboard, because it does not come over HTTPS, the text is selected, all of it. */
    static NativeButton copy(String name) {
        NativeButton copy = new NativeButton("Copy");
        copy.addClassNames("act", "small", "copy");
        copy.getElement().setAttribute("aria-label", "Copy " + VisibleText.line(name, 80));
        copy.getElement().executeJs("""
                this.addEventListener('click', async () => {
                  if (!navigator.clipboard) {
                    const shown = this.previousElementSibling;
                    if (shown.textContent.endsWith('…')) shown.textContent = $0;
                    getSelection().selectAllChildren(shown);
                    return;
                  }
                  await navigator.clipboard.writeText($0);
                  this.textContent = 'Copied';
                })""", VisibleText.line(name, 2_000));
        return copy;
    }

    static Span chip(String text, String... classes) {
        Span chip = text(text, "chip");
        chip.addClassNames(classes);
        return chip;
    }

    /** Of a session without the kernel's own evidence. */
    static Span degraded() {
        Span chip = chip("degraded", "warn");
        chip.addClassName("degraded");
        chip.setTitle("It runs without the kernel's own evidence: what it does is seen in part.");
        return chip;
    }

    /** What is to be said about the evidence of a cause's session; empty: it is whole. */
    static Optional<Span> evidence(CauseRow cause) {
        if (!cause.isSessionKnown()) {
            Span chip = chip("runtime not known yet");
            chip.setTitle("The search copy does not have its session yet.");
            return Optional.of(chip);
        }
        return cause.degraded() ? Optional.of(degraded()) : Optional.empty();
    }

    static H3 heading(String text) {
        return new H3(text);
    }

    static NativeButton button(String label, String id, String kind, Runnable action) {
        NativeButton button = new NativeButton(label, click -> action.run());
        button.addClassNames("act");
        if (!kind.isEmpty()) {
            button.addClassName(kind);
        }
        if (!id.isEmpty()) {
            button.setId(id);
        }
        button.getElement().setAttribute("type", "button");
        return button;
    }

    /** The button itself; off, with the reason, for somebody who may not. */
    static NativeButton permitted(NativeButton button, Person person, Permission needed) {
        if (!person.may(needed)) {
            button.setEnabled(false);
            button.setTitle(needed.refusal());
        }
        return button;
    }

    /** Whether a person may, for what is done without a button; says why not. */
    static boolean permitted(Person person, Permission needed) {
        if (!person.may(needed)) {
            Notification.show(needed.refusal());
        }
        return person.may(needed);
    }

    static DescriptionList facts() {
        DescriptionList list = new DescriptionList();
        list.addClassName("kv");
        return list;
    }

    static void fact(DescriptionList list, String term, Component value) {
        list.add(new DescriptionList.Term(term), new DescriptionList.Description(value));
    }

    static void fact(DescriptionList list, String term, String value) {
        fact(list, term, new Span(value));
    }

    /**
     * The exact bytes for a decision: invisible characters as marked escapes, and what a shell would replace before it runs marked as
     * not inspectable.
     */
    static Pre exact(String subject) {
        Pre pre = new Pre();
        pre.addClassName("subject");
        for (VisibleText.Piece piece : VisibleText.pieces(subject)) {
            if (piece.escaped()) {
                Span escape = text(piece.text(), "esc");
                escape.setTitle(VisibleText.explain(piece.text()));
                pre.add(escape);
            } else {
                marked(pre, piece.text());
            }
        }
        return pre;
    }

    private static void marked(HasComponents target, String text) {
        Matcher matcher = SUBSTITUTION.matcher(text);
        int from = 0;
        while (matcher.find()) {
            if (matcher.start() > from) {
                target.add(new Span(text.substring(from, matcher.start())));
            }
            target.add(text(matcher.group(), "un"));
            from = matcher.end();
        }
        if (from < text.length()) {
            target.add(new Span(text.substring(from)));
        }
    }

    /** Whether a shell would replace parts of the text before it runs. */
    static boolean hasSubstitution(String text) {
        return SUBSTITUTION.matcher(text).find();
    }

    /** Hours to milliseconds in the person's zone. */
    static String clock(Instant at) {
        return CLOCK.format(at.atZone(Zone.ofPerson()));
    }

    /** Date, time and offset in the person's zone: {@code 2026-11-30 09:15:00 +01:00}; 19 characters before the offset. */
    static String moment(Instant at) {
        ZonedDateTime local = at.atZone(Zone.ofPerson());
        return MOMENT.format(local) + (local.getOffset().equals(ZoneOffset.UTC) ? " UTC" : " " + OFFSET.format(local));
    }

    /** The moment and how far it is from now: {@code 2026-11-30 09:15:00 +01:00 · 4 min ago}. */
    static String moment(Instant at, Instant now) {
        return moment(at) + " · "
                + (at.isAfter(now)
                        ? "in " + brief(Duration.between(now, at))
                        : brief(Duration.between(at, now)) + " ago");
    }

    static String age(Optional<Instant> since, Instant now) {
        return since.map(at -> brief(Duration.between(at, now))).orElse("—");
    }

    /** One unit: 12 s, 4 min, 3 h, 2 d. */
    static String brief(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        if (seconds < 3_600) {
            return seconds / 60 + " min";
        }
        return seconds < 172_800 ? seconds / 3_600 + " h" : seconds / 86_400 + " d";
    }

    /** Minutes and seconds of a countdown, 1:42. */
    static String countdown(Duration left) {
        long seconds = Math.max(0, left.toSeconds());
        return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    static String tierMark(String tier) {
        return switch (tier) {
            case "critical", "high" -> "▲ ";
            case "medium" -> "◆ ";
            default -> "● ";
        };
    }
}
