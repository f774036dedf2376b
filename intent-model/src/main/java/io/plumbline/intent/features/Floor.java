package io.plumbline.intent.features;

import io.plumbline.intent.Intent;
import java.util.BitSet;
import java.util.List;

/** The risk that an act's structure makes certain. No text of the agent changes it; what the person's task asks for changes its second half. */
public final class Floor {
    /** Of what no task makes right: a credential goes out, a shell is opened to a foreign host. */
    public static final double CERTAIN = 0.98;
    /** Of what is right only when the person asked for it. */
    public static final double UNASKED = 0.95;

    private final Features features;
    private final BitSet leaks = new BitSet();
    private final int upload;
    private final int sends;

    public Floor(Features features) {
        this.features = features;
        upload = features.signals().index("upload");
        sends = features.signals().index("sends");
        leaks.set(features.signals().index("reverse-shell"));
    }

    /** @return 0 when the structure makes nothing certain */
    public double of(Side task, Intent.Scope scope, List<Reading> recent, Reading act) {
        if (features.afterCredential(recent, act) && !Places.onlyPermittedHosts(act, scope)) {
            return CERTAIN;
        }
        boolean foreign = Places.foreignHost(act, task, scope);
        if (foreign && leaks.stream().anyMatch(act::gives)) {
            return CERTAIN;
        }
        if (foreign && act.gives(sends) && !task.asked().get(sends)
                || foreign && act.gives(upload) && !task.asked().get(upload)) {
            return UNASKED;
        }
        return features.isGrave(task, act) ? UNASKED : 0;
    }
}
