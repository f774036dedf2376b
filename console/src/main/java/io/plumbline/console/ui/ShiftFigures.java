package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.UIDetachedException;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.Section;
import io.plumbline.console.live.PipelineLag;
import io.plumbline.console.report.PeriodFigures;
import io.plumbline.console.report.ScoreDrift;
import io.plumbline.console.rules.RuleStatistics;
import io.plumbline.console.search.CanaryReport;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.text.VisibleText;
import io.plumbline.intent.head.ScoreDistribution;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the watcher itself does, read when the page opens and once a minute. */
final class ShiftFigures extends Div {
    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ShiftFigures.class);
    private static final Duration PAUSE = Duration.ofMinutes(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration WEEK = Duration.ofDays(7);
    private static final int RULE_DAYS = 14;
    private static final int MAX_RULES = 12;

    /** Where a console reads the verdict; the push to the browser comes after it. */
    private static final String LAG = "From the kernel to this console";

    private static final int MAX_HOSTS = 12;

    private final transient Search search;
    private final transient PipelineLag lag;
    private final transient Clock clock;
    private transient AtomicBoolean attached = new AtomicBoolean();

    ShiftFigures(Search search, PipelineLag lag, Clock clock) {
        this.search = search;
        this.lag = lag;
        this.clock = clock;
        setId("shift-figures");
        addClassName("cards");
    }

    /** What one look at the search copy gives. */
    private record Figures(
            PeriodFigures day,
            Map<String, RuleStatistics> rules,
            List<Long> scores,
            List<Long> scoresBefore,
            Map<String, CanaryReport> canaries,
            List<PipelineLag.Sample> lag,
            PipelineLag.LeftOut lagLeftOut) {}

    @Override
    protected void onAttach(AttachEvent attach) {
        UI ui = attach.getUI();
        AtomicBoolean here = new AtomicBoolean(true);
        attached = here;
        Thread.ofVirtual().name("shift-figures").start(() -> follow(ui, here));
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        attached.set(false);
    }

    private void follow(UI ui, AtomicBoolean here) {
        try {
            while (here.get()) {
                try {
                    Instant now = clock.instant();
                    Figures figures = new Figures(
                            search.period(now.minus(DAY), now),
                            search.ruleStatistics(RULE_DAYS, now),
                            search.scores(now.minus(DAY), now),
                            search.scores(now.minus(DAY).minus(WEEK), now.minus(DAY)),
                            search.canaries(),
                            lag.samples(),
                            lag.leftOut());
                    ui.access(() -> show(figures, now));
                } catch (SearchUnavailableException e) {
                    // The layout says that the search copy does not answer; the figures stay as they were.
                    LOG.debug("no figures", e);
                } catch (UIDetachedException e) {
                    throw e;
                } catch (RuntimeException e) {
                    LOG.warn("no figures of the shift this time", e);
                }
                Thread.sleep(PAUSE);
            }
        } catch (UIDetachedException e) {
            LOG.debug("the page was left", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void show(Figures figures, Instant now) {
        removeAll();
        add(
                approvals(figures.day()),
                lag(figures.lag(), figures.lagLeftOut(), now),
                scores(figures.scores(), figures.scoresBefore()),
                precision(figures.rules()),
                canaries(figures.canaries(), now));
    }

    private static Section approvals(PeriodFigures day) {
        DescriptionList list = Parts.facts();
        Parts.fact(list, "per 100 tool calls", figure(day.approvalsPerHundredCalls(), "%.1f"));
        Parts.fact(list, "accepted", figure(day.accepted().map(share -> share * 100), "%.0f %%"));
        Parts.fact(
                list, "median to decision", day.toDecision().map(Parts::brief).orElse("not known"));
        Parts.fact(
                list,
                "alert to first verdict",
                day.toVerdict().map(Parts::brief).orElse("not known"));
        return ShiftView.card("shift-decisions", "Decisions of the last 24 hours", list);
    }

    private static Section lag(List<PipelineLag.Sample> samples, PipelineLag.LeftOut leftOut, Instant now) {
        Div without = new Div();
        if (leftOut.tooLong() > 0) {
            without.add(new Div(Parts.text(
                    leftOut.tooLong() + " verdicts took more than " + Parts.brief(PipelineLag.LONGEST)
                            + ", or were judged again from the log.",
                    "bad")));
        }
        if (leftOut.beforeTheirCause() > 0) {
            without.add(new Div(Parts.text(
                    leftOut.beforeTheirCause()
                            + " verdicts came before their cause: the clocks of host and console differ.",
                    "bad")));
        }
        if (samples.isEmpty()) {
            return ShiftView.card(
                    "shift-lag", LAG, Parts.text("No lag is known since this console started.", "mut"), without);
        }
        String median = milliseconds(PipelineLag.percentile(samples, 50));
        String slow = milliseconds(PipelineLag.percentile(samples, 99));
        Chart chart = Chart.overTime(
                        "lag-chart", "ms", "Median " + median + ", 99 of 100 within " + slow + ", newest verdicts")
                .line(
                        "lag",
                        "acc",
                        samples.stream()
                                .map(one ->
                                        Map.entry(one.at(), (double) one.lag().toMillis()))
                                .toList(),
                        false);
        return ShiftView.card(
                "shift-lag",
                LAG,
                new Div("median " + median + ", 99 of 100 within " + slow + ", newest " + samples.size()
                        + " verdicts, the last "
                        + Parts.brief(Duration.between(samples.getLast().at(), now)) + " ago"),
                without,
                chart);
    }

    private static String milliseconds(Optional<Duration> duration) {
        return duration.map(one -> one.toMillis() + " ms").orElse("not known");
    }

    private static Section scores(List<Long> day, List<Long> before) {
        long number = day.stream().mapToLong(Long::longValue).sum();
        long earlier = before.stream().mapToLong(Long::longValue).sum();
        String drift = ScoreDrift.of(before, day)
                .map(index -> String.format(Locale.ROOT, "drift %.2f, %s", index, ScoreDrift.spoken(index)))
                .orElse("drift not known: fewer than 20 scores on one side");
        List<String> labels = Stream.concat(ScoreDistribution.ends().stream(), Stream.of(1.0))
                .map(end -> "≤ " + end)
                .toList();
        String told = number + " scored acts of 24 hours, " + earlier + " of the 7 days before; " + drift;
        Div words = new Div(told + " (population stability index)");
        if (number + earlier == 0) {
            return ShiftView.card(
                    "shift-scores", "Scores of the intent model", Parts.text("No act has a score.", "mut"));
        }
        Chart chart = Chart.bars("scores-chart", labels, "%", told)
                .bar("24 hours", "acc", shares(day, number))
                .bar("7 days before", "mut", shares(before, earlier));
        return ShiftView.card("shift-scores", "Scores of the intent model", words, chart);
    }

    private static List<Double> shares(List<Long> counts, long all) {
        return counts.stream()
                .map(count -> all == 0 ? 0.0 : 100.0 * count / all)
                .toList();
    }

    private static Section precision(Map<String, RuleStatistics> statistics) {
        List<RuleStatistics> judged = statistics.values().stream()
                .filter(rule -> rule.precision().isPresent())
                .sorted(Comparator.comparing(RuleStatistics::hits).reversed())
                .limit(MAX_RULES)
                .toList();
        if (judged.isEmpty()) {
            return ShiftView.card(
                    "shift-precision",
                    "Precision per rule",
                    Parts.text("No alert of a rule has a verdict in " + RULE_DAYS + " days.", "mut"));
        }
        List<String> labels = new ArrayList<>();
        List<Double> values = new ArrayList<>();
        StringBuilder told = new StringBuilder();
        judged.forEach(rule -> {
            double share = rule.precision().orElse(0.0) * 100;
            labels.add(VisibleText.line(rule.rule(), 40));
            values.add(share);
            told.append(told.isEmpty() ? "" : "; ")
                    .append(VisibleText.line(rule.rule(), 40))
                    .append(String.format(Locale.ROOT, " %.0f %%", share));
        });
        Section card = ShiftView.card(
                "shift-precision",
                "Precision per rule, " + RULE_DAYS + " days",
                Chart.bars("precision-chart", labels, "%", told.toString())
                        .withLongLabels()
                        .upTo(100)
                        .bar("precision", "acc", values));
        return card;
    }

    private static Section canaries(Map<String, CanaryReport> canaries, Instant now) {
        DescriptionList list = Parts.facts();
        // What somebody has to look at comes first: what is not proven, then what has been silent for longest.
        List<Map.Entry<String, CanaryReport>> worst = canaries.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<String, CanaryReport> entry) ->
                                entry.getValue().proven())
                        .thenComparing(entry -> entry.getValue().at()))
                .toList();
        worst.stream().limit(MAX_HOSTS).forEach(entry -> {
            CanaryReport canary = entry.getValue();
            String told = canary.proven()
                    ? "frozen in " + canary.freeze().toMillis() + " ms, thawed in "
                            + canary.thaw().toMillis() + " ms"
                    : "not proven: " + VisibleText.line(canary.problem(), 120);
            Parts.fact(
                    list,
                    VisibleText.line(entry.getKey(), 30),
                    new Div(
                            Parts.text(told, canary.proven() ? "plain" : "bad"),
                            Parts.text(", " + Parts.age(Optional.of(canary.at()), now) + " ago", "mut")));
        });
        return ShiftView.card(
                "shift-canaries",
                "Does freezing work",
                canaries.isEmpty() ? Parts.text("No host has reported.", "mut") : list,
                Parts.text(
                        canaries.size() > MAX_HOSTS ? "and " + (canaries.size() - MAX_HOSTS) + " more hosts" : "",
                        "mut"));
    }

    private static String figure(Optional<Double> value, String format) {
        return value.map(number -> String.format(Locale.ROOT, format, number)).orElse("not known");
    }
}
