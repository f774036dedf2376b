package io.plumbline.watcher.learning;

import java.util.ArrayList;
import java.util.List;

/** Writes the YAML of a proposal. Texts of workloads are quoted and escaped to ASCII, so that they cannot become structure. */
final class ProposalDocument {
    private static final int SHOWN = 160;

    private final StringBuilder yaml = new StringBuilder();
    private final List<Proposal.Line> lines = new ArrayList<>();

    ProposalDocument comment(String text) {
        yaml.append("# ").append(shown(text)).append('\n');
        return this;
    }

    /** @param text a line of this product's own */
    ProposalDocument line(String text) {
        yaml.append(text).append('\n');
        return this;
    }

    /** A list item with its evidence behind it. */
    ProposalDocument item(String indentation, String key, String shown, String item, Evidence evidence) {
        lines.add(new Proposal.Line(key, shown, evidence));
        yaml.append(indentation).append("- ").append(item).append("  # ").append(evidence(evidence));
        return line("");
    }

    /** A value with its evidence behind it. */
    ProposalDocument value(String indentation, String key, String name, String value, Evidence evidence) {
        lines.add(new Proposal.Line(key, value, evidence));
        yaml.append(indentation).append(name).append(": ").append(value);
        yaml.append("  # ").append(evidence(evidence));
        return line("");
    }

    String yaml() {
        return yaml.toString();
    }

    List<Proposal.Line> lines() {
        return lines;
    }

    static String evidence(Evidence evidence) {
        return evidence.sessions()
                + (evidence.sessions() == 1 ? " session, " : " sessions, ")
                + evidence.acts()
                + (evidence.acts() == 1 ? " act" : " acts")
                + (evidence.events().isEmpty()
                        ? ""
                        : ": "
                                + String.join(
                                        " ",
                                        evidence.events().stream()
                                                .map(ProposalDocument::shown)
                                                .toList()));
    }

    /** A double-quoted scalar of YAML 1.2. */
    static String quoted(String text) {
        return '"' + escaped(text).replace("\"", "\\\"") + '"';
    }

    private static String shown(String text) {
        String ascii = escaped(text);
        return ascii.length() <= SHOWN ? ascii : ascii.substring(0, SHOWN - 3) + "...";
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                escaped.append("\\\\");
            } else if (c >= ' ' && c <= '~') {
                escaped.append(c);
            } else {
                escaped.append(String.format("\\u%04x", (int) c));
            }
        }
        return escaped.toString();
    }
}
