package io.plumbline.jobs.watch;

import io.plumbline.watcher.activation.Judging;
import io.plumbline.watcher.state.v1.Activations;
import java.io.Serializable;

/** Makes judges of what is in force; may take seconds. */
@FunctionalInterface
interface JudgeLoader extends Serializable {
    Judging load(Activations activations);
}
