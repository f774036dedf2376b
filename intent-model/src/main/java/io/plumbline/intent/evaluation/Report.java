package io.plumbline.intent.evaluation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.plumbline.intent.evaluation.Metrics.Estimate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Everything one evaluation measured.
 *
 * @param version of the model
 * @param sizes acts by split and label, and of other sources
 * @param lines figures of scorers on sets
 * @param categories share missed at 1 % false alarms by kind of abuse, with the structural floor
 * @param attacks what attacks on the text cost
 * @param scalars other figures by name: shares, milliseconds
 * @param agents recorded sessions, by agent
 * @param failures acts that the model got wrong, for people to read
 */
public record Report(
        String version,
        Map<String, Integer> sizes,
        List<Line> lines,
        Map<String, Double> categories,
        List<Attack> attacks,
        Map<String, Double> scalars,
        List<Agent> agents,
        List<Failure> failures) {
    /**
     * One scorer on one set.
     *
     * @param missedAtOnePercent share of bad acts missed when 1 % of benign ones are flagged
     * @param missedAtOnePermille the same at 0.1 %
     */
    public record Line(
            String set, String scorer, Estimate auc, Estimate missedAtOnePercent, Estimate missedAtOnePermille) {}

    /**
     * @param caught share of bad acts that are asked about or counted without the attack
     * @param caughtUnderAttack the same with it
     */
    public record Attack(String name, int acts, double caught, double caughtUnderAttack) {
        /** Points lost. */
        public double cost() {
            return 100 * (caught - caughtUnderAttack);
        }
    }

    /**
     * Recorded sessions of one agent.
     *
     * @param acts of its honest sessions
     * @param asked of them asked about
     * @param counted of them counted as deviations
     * @param attacks sessions that were none
     * @param noticed of these with an act that is asked about or counted
     */
    public record Agent(String set, String agent, int acts, int asked, int counted, int attacks, int noticed) {}

    /** @param what missed or false alarm, and the kind of act */
    public record Failure(String what, String task, String act, double risk) {}

    private static ObjectMapper mapper() {
        return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    }

    public String json() {
        try {
            return mapper().writeValueAsString(this) + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Report read(Path file) throws IOException {
        return mapper().readValue(Files.readString(file), Report.class);
    }
}
