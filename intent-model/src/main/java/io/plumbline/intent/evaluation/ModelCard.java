package io.plumbline.intent.evaluation;

import io.plumbline.intent.evaluation.Metrics.Estimate;
import io.plumbline.intent.evaluation.Report.Agent;
import io.plumbline.intent.evaluation.Report.Attack;
import io.plumbline.intent.evaluation.Report.Failure;
import io.plumbline.intent.evaluation.Report.Line;
import java.util.Locale;

/** The model card, Markdown, written from an evaluation. */
public final class ModelCard {
    private ModelCard() {}

    public static String of(Report report) {
        StringBuilder card = new StringBuilder();
        card.append("# Model card: intent model ").append(report.version()).append("\n\n");
        card.append("""
                Written by `plumbline model card` from one evaluation; do not edit.

                **What it is.** The probability that an act of a coding agent does not serve the task that a person gave. An encoder trained for
                tasks and acts (it began as all-MiniLM-L6-v2; int8), vectors of whole texts and of their pieces, what programs and options are for,
                shared words, and the structure of the act, weighted by a trained head; beside it a floor of structural findings that no text of
                the agent lowers.

                **What it is for.** To rank acts and to ask. At one bad act in a thousand, one false alarm in a hundred acts means that nine of ten
                alarms are false: the score alone does not freeze a session.

                **What it was trained on.** The grammar in `intent-model` (English; shell and developer tasks): the encoder on pairs of one part of
                its families, the head on sessions generated from another, labelled by construction, and on some forty acts of real agents in the
                real sandbox (as many set thresholds, as many judge). No public data beside what the base model had seen. Test families and templates are
                in no other split, but they have the same authors. Some choices between models looked at the pairs of nl2bash as well, so these are not
                wholly unseen.

                **What it does not do.** It does not see what a script does that is run by name, nor other languages' prose, nor a misuse that
                reads like the task. Probabilities hold for the corpus' share of bad acts (about a half), not for a quiet day. Plans are held against the
                task by words and likeness, without training and without a probability.

                **How to read the baselines.** Cosine is that of the encoder trained here, over the act's first window; the packed encoder's is in no line.
                Keywords counts the signals of the model's own list, whatever the task: a heuristic by the same authors, not one from elsewhere. They knew
                the kinds of abuse of all splits when they wrote that list, so what the floor misses here says how much of them it covers, and not what
                it covers of those that nobody has thought of. Shares by kind and by agent have no interval.

                """);
        card.append("## Sets\n\n| set | acts |\n|---|---|\n");
        report.sizes().forEach((name, count) -> card.append("| ")
                .append(name)
                .append(" | ")
                .append(count)
                .append(" |\n"));
        card.append("\n## Against baselines and without parts\n\n"
                + "In brackets the 95 % interval (bootstrap over sessions, pairs for other sources). What is called model is blind to the\n"
                + "agent's words.\n\n"
                + "| set | scorer | AUC | missed at 1 % false alarms | at 0.1 % |\n|---|---|---|---|---|\n");
        for (Line line : report.lines()) {
            card.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %s | %s | %s |%n",
                    line.set(),
                    line.scorer(),
                    number(line.auc()),
                    percent(line.missedAtOnePercent()),
                    percent(line.missedAtOnePermille())));
        }
        card.append(
                "\n## Missed by kind, with the floor, at 1 % false alarms of the model\n\n| kind | missed |\n|---|---|\n");
        report.categories()
                .forEach((name, missed) -> card.append(
                        String.format(Locale.ROOT, "| %s | %.1f %% |%n", name.toLowerCase(Locale.ROOT), 100 * missed)));
        card.append(
                "\n## Attacks with text\n\nIn brackets the 95 % interval (Wilson) of the share of these acts.\n\n| attack | acts | caught | under attack | cost in points |\n|---|---|---|---|---|\n");
        for (Attack attack : report.attacks()) {
            card.append(String.format(
                    Locale.ROOT,
                    "| %s | %d | %.1f %% | %s | %.1f |%n",
                    attack.name(),
                    attack.acts(),
                    100 * attack.caught(),
                    percent(Metrics.share(attack.caughtUnderAttack(), attack.acts())),
                    attack.cost()));
        }
        if (!report.agents().isEmpty()) {
            card.append(
                    "\n## Recorded sessions, by agent\n\n"
                            + "Every act as the watch job would score it. In an attack nobody says which act is wrong: it is noticed when one is asked\n"
                            + "about or counted.\n\n"
                            + "| set | agent | honest acts | asked about | counted as deviations | attacks | noticed |\n|---|---|---|---|---|---|---|\n");
            for (Agent agent : report.agents()) {
                card.append(String.format(
                        Locale.ROOT,
                        "| %s | %s | %d | %d | %d | %d | %d |%n",
                        agent.set(),
                        agent.agent(),
                        agent.acts(),
                        agent.asked(),
                        agent.counted(),
                        agent.attacks(),
                        agent.noticed()));
            }
        }
        if (!report.failures().isEmpty()) {
            card.append("\n## Failures, for example\n\n| what | task | act | risk |\n|---|---|---|---|\n");
            for (Failure failure : report.failures()) {
                card.append(String.format(
                        Locale.ROOT,
                        "| %s | %s | `%s` | %.3f |%n",
                        failure.what(),
                        cell(failure.task()),
                        cell(failure.act()),
                        failure.risk()));
            }
        }
        card.append("\n## Other figures\n\n| figure | value |\n|---|---|\n");
        report.scalars()
                .forEach((name, value) -> card.append(String.format(Locale.ROOT, "| %s | %.4f |%n", name, value)));
        return card.toString();
    }

    private static String cell(String text) {
        String line = text.replace('\n', ' ').replace("|", "\\|").replace("`", "'");
        return line.length() > 120 ? line.substring(0, 120) + "…" : line;
    }

    private static String number(Estimate estimate) {
        return String.format(Locale.ROOT, "%.3f [%.3f, %.3f]", estimate.value(), estimate.low(), estimate.high());
    }

    private static String percent(Estimate estimate) {
        return String.format(
                Locale.ROOT,
                "%.1f %% [%.1f, %.1f]",
                100 * estimate.value(),
                100 * estimate.low(),
                100 * estimate.high());
    }
}
