package io.plumbline.console.people;

import static io.plumbline.console.people.Role.ADMIN;
import static io.plumbline.console.people.Role.ANALYST;
import static io.plumbline.console.people.Role.APPROVER;
import static io.plumbline.console.people.Role.RULE_ENGINEER;
import static io.plumbline.console.people.Role.VIEWER;

import java.util.List;

/** What can be done, and who may. This is the one table; whoever writes an order asks it. */
public enum Permission {
    VIEW("Looking at sessions", VIEWER, ANALYST, APPROVER, RULE_ENGINEER, ADMIN),
    TRIAGE("Deciding about alerts", ANALYST, ADMIN),
    FREEZE("Freezing a session", ANALYST, APPROVER, ADMIN),
    THAW("Thawing a session", APPROVER, ADMIN),
    KILL("Killing a session", ADMIN),
    TIGHTEN_POLICY("Tightening a policy", ANALYST, APPROVER, RULE_ENGINEER, ADMIN),
    REVISE_POLICY("Making a policy wider", RULE_ENGINEER, ADMIN),
    DECIDE_APPROVALS("Deciding about approvals", APPROVER, ADMIN),
    CHANGE_RULES("Putting rules or a model in force", RULE_ENGINEER, ADMIN),
    UNMASK("Looking at unmasked events", ANALYST, ADMIN),
    EXPORT_EVIDENCE("Taking out evidence", ANALYST, ADMIN),
    READ_AUDIT("Reading the audit log", ADMIN),
    MANAGE_ACCESS("Changing the access of others", ADMIN);

    private final String act;
    private final List<Role> roles;

    Permission(String act, Role... roles) {
        this.act = act;
        this.roles = List.of(roles);
    }

    /** In the order of {@link Role}. */
    public List<Role> roles() {
        return roles;
    }

    /** Why somebody without it may not, one sentence. */
    public String refusal() {
        return act + " needs the role " + Role.words(roles, " or ") + ".";
    }
}
