package io.plumbline.intent.corpus;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;

/**
 * One record of the corpus.
 *
 * @param session number of its session
 * @param family the task's family
 * @param template where the act comes from: resource, family and number
 * @param category the family of the act's template, or its kind of abuse
 */
public record LabelledAct(
        Split split,
        int session,
        String family,
        String template,
        String category,
        Intent intent,
        Act act,
        Label label) {}
