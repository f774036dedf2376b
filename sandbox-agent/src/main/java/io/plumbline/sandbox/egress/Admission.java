package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;

/** How a connection came to be allowed, so that revised rules can be asked the same again while it is open. */
@FunctionalInterface
interface Admission {
    /** @throws Denial when these rules do not allow it */
    EgressRule under(EgressRules rules) throws Denial;
}
