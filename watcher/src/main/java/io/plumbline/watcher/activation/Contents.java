package io.plumbline.watcher.activation;

import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.v1.RuleSources;
import io.plumbline.events.v1.RuleText;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.state.v1.Accepted;
import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/**
 * Makes rule sets and models of what orders carry. Loading some thousand rules takes seconds, so a set that is loaded is shared by all of
 * this process for as long as there is room for it, and the next one takes over what did not change.
 */
public final class Contents {
    private static final int MAX_KEPT = 8;

    private static final SequencedMap<String, SoftReference<RuleSet>> SETS = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, SoftReference<RuleSet>> eldest) {
            return size() > MAX_KEPT;
        }
    };

    private Contents() {}

    /** The content of an order for rules, before it is compressed. */
    public static byte[] of(RuleBundle bundle) {
        RuleSources.Builder content = RuleSources.newBuilder().setPipeline(bundle.pipeline());
        bundle.rules()
                .forEach(source -> content.addRules(
                        RuleText.newBuilder().setName(source.name()).setText(source.text())));
        return content.build().toByteArray();
    }

    /** What an order for rules carries, expanded. */
    public static RuleBundle bundle(byte[] content) throws InvalidProtocolBufferException {
        RuleSources read = RuleSources.parseFrom(content);
        return new RuleBundle(
                read.getRulesList().stream()
                        .map(rule -> new RuleSource(rule.getName(), rule.getText()))
                        .toList(),
                read.getPipeline());
    }

    /**
     * The rules of an order; without content those that come with the product.
     *
     * @throws ActivationException when a single document is not usable; the message has file, line and column
     */
    static RuleSet rules(Accepted accepted) throws ActivationException {
        if (accepted.getContent().isEmpty()) {
            return RulesJudge.shippedRules();
        }
        String sha256 = accepted.getSet().getSha256();
        // Checked before what is kept is looked at: the digest is the order's word.
        byte[] content = ActivationContent.expand(accepted.getContent(), accepted.getSize(), sha256);
        RuleSet before;
        synchronized (SETS) {
            SoftReference<RuleSet> kept = SETS.get(sha256);
            RuleSet known = kept == null ? null : kept.get();
            if (known != null) {
                return known;
            }
            // The one that was used last: a change of a few rules then costs what these cost.
            SoftReference<RuleSet> last =
                    SETS.isEmpty() ? null : SETS.lastEntry().getValue();
            before = last == null ? null : last.get();
        }
        try {
            RuleBundle bundle = bundle(content);
            RuleSet loaded = before != null && before.placeholders().equals(bundle.placeholders())
                    ? before.changedTo(bundle.rules())
                    : bundle.load();
            if (loaded.detections().isEmpty()) {
                throw new ActivationException("rules: none in " + content.length + " bytes (expected: at least one)");
            }
            synchronized (SETS) {
                SETS.put(sha256, new SoftReference<>(loaded));
            }
            return loaded;
        } catch (InvalidProtocolBufferException e) {
            throw new ActivationException("content: not readable (expected: RuleSources)");
        } catch (RuleException e) {
            throw new ActivationException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * The model of an order; without content the one that comes with the product.
     *
     * @throws ActivationException when it does not load or does not fit the encoder
     */
    static IntentModel model(Accepted accepted) throws ActivationException {
        try {
            return accepted.getContent().isEmpty()
                    ? IntentModel.load()
                    : IntentModel.of(ActivationContent.expand(
                            accepted.getContent(),
                            accepted.getSize(),
                            accepted.getSet().getSha256()));
        } catch (IntentModelException e) {
            throw new ActivationException(String.valueOf(e.getMessage()));
        }
    }
}
