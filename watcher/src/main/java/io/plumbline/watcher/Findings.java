package io.plumbline.watcher;

import io.plumbline.events.policy.Scope;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.SessionRisk;
import io.plumbline.events.v1.Severity;
import io.plumbline.watcher.deviation.Deviation;
import io.plumbline.watcher.intent.IntentLedger;
import io.plumbline.watcher.risk.Ladder;
import io.plumbline.watcher.risk.Ladder.Step;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.Call;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What becomes of deviations: each is told once, with what was said and what it rests on, and adds to the session's risk. */
final class Findings {
    /** Key of the deviation that stands for all that do not fit any more. */
    private static final String FLOOD = "flood";

    /** In front of the key of a deviation whose decisive form is told beside a lesser one. */
    private static final String GRAVE = "grave|";

    /** There instead of a count: the decisive form was told first, under the plain key. */
    private static final int AS_ITSELF = -1;

    private static final Pattern DEVIATION = Pattern.compile("[0-9a-f]{32}");

    private final WatchState.Builder state;
    private final Event event;
    private final IntentLedger ledger;
    private final Verdicts verdicts;
    private final BiConsumer<Step, String> response;

    /** @param response stops the session, as the step says and for the reason it is given */
    Findings(
            WatchState.Builder state,
            Event event,
            IntentLedger ledger,
            Verdicts verdicts,
            BiConsumer<Step, String> response) {
        this.state = state;
        this.event = event;
        this.ledger = ledger;
        this.verdicts = verdicts;
        this.response = response;
    }

    /**
     * What a person accepts counts nothing when it is found again.
     *
     * @return those that were taken; what is no id is not, and what there is no room for is counted
     */
    List<String> accept(List<String> deviations) {
        List<String> taken = new ArrayList<>();
        for (String id : deviations) {
            if (!DEVIATION.matcher(id).matches() || state.containsAccepted(id)) {
                continue;
            }
            if (state.getAcceptedCount() >= StateLimits.ACCEPTED) {
                state.getEvictedBuilder().setAccepted(state.getEvicted().getAccepted() + 1);
                continue;
            }
            state.putAccepted(id, event.getId());
            taken.add(id);
        }
        return taken;
    }

    /** Whether a person has accepted the deviation. */
    boolean accepted(Deviation deviation) {
        String key = key(deviation);
        boolean other = isGrave(deviation) && state.getDeviationsOrDefault(GRAVE + key, 0) != AS_ITSELF;
        return state.containsAccepted(id(other ? GRAVE + key : key));
    }

    private static String key(Deviation deviation) {
        return deviation.kind().name() + "|" + deviation.key();
    }

    private String id(String key) {
        return Deviation.id(event.getTenant(), event.getSession(), key);
    }

    /** Takes a deviation: told once, counted afterwards. */
    void take(Deviation deviation) {
        String key = key(deviation);
        boolean grave = isGrave(deviation);
        boolean toldBefore = state.containsDeviations(key);
        if (grave && state.containsDeviations(GRAVE + key)) {
            return;
        }
        if (grave && toldBefore) {
            key = GRAVE + key;
        }
        int times = state.getDeviationsOrDefault(key, 0);
        boolean claimed = event.getChannel() == Channel.CLAIMS;
        int soft = claimed ? state.getSoftClaims() : state.getSoftFindings();
        if (times == 0 && deviation.soft() && soft >= StateLimits.SOFT_FINDINGS) {
            // Findings without proof must not fill the room of those with it, nor freeze by their number; and what the
            // agent says must not fill the room of what it does.
            state.getEvictedBuilder().setSoftFindings(state.getEvicted().getSoftFindings() + 1);
            return;
        }
        if (times == 0 && state.getDeviationsCount() >= StateLimits.DEVIATIONS) {
            if (!state.containsDeviations(FLOOD)) {
                state.putDeviations(FLOOD, 1);
                raise(flood(), FLOOD);
            }
            return;
        }
        state.putDeviations(key, times + 1);
        if (grave && !toldBefore) {
            state.putDeviations(GRAVE + key, AS_ITSELF);
        }
        if (times == 0) {
            raise(deviation, key);
        }
    }

    /**
     * Whether it is what nothing announced in its decisive form: refused, or of a policy that freezes. It is told also when the same was
     * told before as less, and who has accepted that has not accepted this.
     */
    private static boolean isGrave(Deviation deviation) {
        return deviation.kind() == DeviationKind.UNANNOUNCED && deviation.severity() == Severity.CRITICAL;
    }

    private Deviation flood() {
        return new Deviation(
                DeviationKind.TELEMETRY_GAP,
                Severity.CRITICAL,
                FLOOD,
                "More deviations than can be remembered",
                "more than " + StateLimits.DEVIATIONS + " distinct deviations in one session",
                "Nobody can look at each of them; the session is stopped instead.",
                "limits",
                "",
                Ladder.MAX,
                true);
    }

    private void raise(Deviation deviation, String key) {
        int before = state.getRisk();
        String id = id(key);
        String acceptedBy = state.getAcceptedOrDefault(id, "");
        int added = acceptedBy.isEmpty() ? deviation.riskAdded() : 0;
        if (deviation.soft()) {
            added = Math.min(added, Math.max(0, StateLimits.SOFT_RISK - state.getSoftRisk()));
            state.setSoftRisk(state.getSoftRisk() + added);
            if (event.getChannel() == Channel.CLAIMS) {
                state.setSoftClaims(state.getSoftClaims() + 1);
            } else {
                state.setSoftFindings(state.getSoftFindings() + 1);
            }
        }
        int risk = Math.min(Ladder.MAX, before + added);
        state.setRisk(risk);
        state.setTainted(state.getTainted() || deviation.taints() && acceptedBy.isEmpty());
        suspect(deviation);
        Step step = Ladder.of(state.getTask().getPolicy()).step(risk);
        if (step.stops() && acceptedBy.isEmpty()) {
            // Before anybody is told why: the workload runs meanwhile.
            response.accept(step, deviation.title() + ": " + deviation.seen());
        }
        AlertRaised.Builder alert = AlertRaised.newBuilder()
                .setKind(deviation.kind())
                .setSeverity(deviation.severity())
                .setTitle(deviation.title())
                .setSaid(said(deviation.call()))
                .setSeen(deviation.seen())
                .setWhy(deviation.why())
                .setClause(deviation.clause())
                .setCall(deviation.call())
                .addEvidence(event.getId())
                .addAllEvidence(deviation.evidence().stream()
                        .filter(resting -> !resting.equals(event.getId()))
                        .toList())
                .setRiskAdded(added)
                .setRisk(risk)
                .setScope(deviation.scope().map(Scope::word).orElse(""))
                .setDeviation(id)
                .setAcceptedBy(acceptedBy)
                .setExpected(
                        deviation.call().isEmpty()
                                        || ledger.call(deviation.call()).isEmpty()
                                ? ""
                                : ledger.footprint(deviation.call()).describe());
        deviation.detail().addTo(alert);
        verdicts.add(alert.build(), key);
        if (risk != before) {
            verdicts.add(SessionRisk.newBuilder()
                    .setRisk(risk)
                    .setAdded(added)
                    .setCause(event.getId())
                    .setStep(step.word())
                    .build());
        }
    }

    /** Remembers what a deviation was about, for plans that are made to fit it. */
    private void suspect(Deviation deviation) {
        if (deviation.kind() == DeviationKind.TELEMETRY_GAP || deviation.kind() == DeviationKind.FALSE_REPORT) {
            return;
        }
        String about = deviation.key().substring(deviation.key().lastIndexOf('|') + 1);
        String name = about.substring(about.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        if (name.length() < 5 || name.length() > 200 || state.getSuspectsList().contains(name)) {
            return;
        }
        if (state.getSuspectsCount() >= StateLimits.SUSPECTS) {
            List<String> kept = List.copyOf(state.getSuspectsList().subList(1, state.getSuspectsCount()));
            state.clearSuspects().addAllSuspects(kept);
            state.getEvictedBuilder().setSuspects(state.getEvicted().getSuspects() + 1);
        }
        state.addSuspects(name);
    }

    /** What was said, for the analyst: the task, the plan, and the call that explains the actor. */
    private String said(String call) {
        StringBuilder said = new StringBuilder("Task: ").append(state.getTask().getTask());
        if (state.getPlanCount() > 0) {
            said.append("\nPlan: ")
                    .append(state.getPlanList().stream()
                            .limit(10)
                            .map(item -> item.getText())
                            .collect(Collectors.joining("; ")));
        }
        ledger.call(call).ifPresent(known -> said.append("\nCall: ").append(line(known)));
        return said.length() <= 2_000 ? said.toString() : said.substring(0, 2_000) + "…";
    }

    /** A call in one line, for people. */
    static String line(Call call) {
        String what = call.getCommand().isEmpty() ? String.join(", ", call.getPathsList()) : call.getCommand();
        String reason = call.getStatedReason().isEmpty() ? "" : " (" + call.getStatedReason() + ")";
        return call.getTool() + " " + what + reason;
    }
}
