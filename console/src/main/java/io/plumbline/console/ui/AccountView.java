package io.plumbline.console.ui;

import com.vaadin.flow.component.dialog.Dialog;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.NativeTable;
import com.vaadin.flow.component.html.NativeTableCell;
import com.vaadin.flow.component.html.NativeTableHeaderCell;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.html.Pre;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.notification.Notification;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import io.plumbline.console.PlumblineProperties;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.people.AccessStore;
import io.plumbline.console.people.AccessStore.Created;
import io.plumbline.console.people.AccessStore.Token;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.people.Role;
import io.plumbline.console.people.SignInGuard;
import io.plumbline.console.people.SignInGuard.Failure;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the signed-in person is, the second factor, and tokens; an admin sees the tokens of others and can revoke them. */
@Route(value = "account", layout = MainLayout.class)
@PageTitle("Plumbline · account")
@PermitAll
public class AccountView extends Div {
    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(AccountView.class);
    private static final String NOT_KEPT = "It could not be kept; the console's own log says why.";

    private final transient AccessStore access;
    private final transient AuditLog audit;
    private final transient SignInGuard guard;
    private final transient Clock clock;
    private final String tenant;
    private final transient Person person = SignedIn.person();
    private final Div factor = new Div();
    private final Div tokens = new Div();
    private final Div others = new Div();

    public AccountView(
            AccessStore access, AuditLog audit, SignInGuard guard, Clock clock, PlumblineProperties properties) {
        this.access = access;
        this.audit = audit;
        this.guard = guard;
        this.clock = clock;
        this.tenant = properties.tenant();
        addClassName("list-page");
        Div head = new Div(new H1("Account"));
        head.addClassName("page-head");
        Div body = new Div(roles(), secondFactor(), ownTokens());
        if (person.may(Permission.MANAGE_ACCESS)) {
            body.add(factorsOfOthers());
            showOthers();
        }
        body.addClassName("cards");
        add(head, body);
        showFactor();
        showTokens();
    }

    private Section roles() {
        DescriptionList facts = Parts.facts();
        Parts.fact(facts, "name", Parts.said(person.name(), 64));
        Parts.fact(facts, "tenant", Parts.said(tenant, 64));
        Parts.fact(
                facts, "roles", person.roles().stream().sorted().map(Role::word).collect(Collectors.joining(", ")));
        for (Permission permission : Permission.values()) {
            Parts.fact(
                    facts,
                    permission.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    person.may(permission) ? Parts.text("yes") : Parts.text(permission.refusal(), "mut"));
        }
        Section card = Report.section("account-roles", "What you may", facts);
        card.addClassName("card");
        return card;
    }

    private Section secondFactor() {
        Section card = Report.section("account-factor", "Second factor", factor);
        card.addClassName("card");
        return card;
    }

    private Section factorsOfOthers() {
        others.setId("factors-of-others");
        Section card = Report.section(
                "account-others",
                "Second factors of others",
                new Div("For who has lost the authenticator. Be sure who asks: after that the password is enough."),
                others);
        card.addClassName("card");
        return card;
    }

    private void showOthers() {
        others.removeAll();
        List<String> people = access.peopleWithSecondFactor().stream()
                // One's own takes a code.
                .filter(name -> !name.equals(person.name()))
                .toList();
        if (people.isEmpty()) {
            others.add(Parts.text("Nobody else has one.", "mut"));
        }
        for (String name : people) {
            Div line = new Div(
                    Parts.said(name, 64), Parts.button("Reset…", "reset-factor-" + name, "deny", () -> reset(name)));
            line.addClassName("bar");
            others.add(line);
        }
    }

    private void reset(String name) {
        Dialog dialog = new Dialog();
        dialog.setHeaderTitle("Reset the second factor of " + VisibleText.line(name, 64));
        Div wrong = new Div();
        dialog.add(new Div("It is removed, and that you did it is in the audit log."), wrong);
        dialog.getFooter()
                .add(
                        Parts.button("Cancel", "cancel", "", dialog::close),
                        Parts.button("Reset", "confirm-reset", "deny", () -> {
                            String refusal = made(() -> {
                                String told = told(audit.secondFactor("second_factor_reset", name, person));
                                if (told.isEmpty()) {
                                    access.removeSecondFactor(name);
                                }
                                return told;
                            });
                            wrong.setText(refusal);
                            if (refusal.isEmpty()) {
                                dialog.close();
                                showOthers();
                            }
                        }));
        dialog.open();
    }

    private void showFactor() {
        factor.removeAll();
        if (SignedIn.byProvider()) {
            factor.add(new Div("Your identity provider asks for what it wants to know."));
            return;
        }
        if (access.hasSecondFactor(person.name())) {
            factor.add(
                    new Div("A code of your authenticator is asked for when you sign in."),
                    Parts.button("Remove…", "remove-factor", "deny", this::removeFactor));
        } else {
            factor.add(
                    new Div("Only your password is asked for."),
                    Parts.button("Set up…", "set-factor", "primary", this::setFactor));
        }
    }

    private void setFactor() {
        String secret = access.freshSecret();
        Pre shown = new Pre(secret);
        shown.setId("factor-secret");
        Pre address = new Pre(
                "otpauth://totp/Plumbline:" + encoded(person.name()) + "?secret=" + secret + "&issuer=Plumbline");
        TextField code = code();
        codeDialog(
                        "Set up the second factor",
                        "Give this to your authenticator, then type the code that it shows.",
                        code,
                        () -> {
                            if (!access.setSecondFactor(
                                    person.name(), secret, code.getValue().strip(), clock.instant())) {
                                return "The code does not fit.";
                            }
                            return told(audit.secondFactor("second_factor_set", person.name(), person));
                        })
                .addComponentAtIndex(1, new Div(shown, address));
    }

    /** It takes a code to remove it: whoever finds a screen that is open has none. */
    private void removeFactor() {
        TextField code = code();
        codeDialog("Remove the second factor", "Type a code that your authenticator shows.", code, () -> {
            if (!fits(code.getValue().strip())) {
                return "The code does not fit, or was used already.";
            }
            String refusal = told(audit.secondFactor("second_factor_removed", person.name(), person));
            if (refusal.isEmpty()) {
                access.removeSecondFactor(person.name());
            }
            return refusal;
        });
    }

    /** Wrong codes count as at the login, where they lock too: there are a million, and a page tries them fast. */
    private boolean fits(String code) throws IOException {
        Instant now = clock.instant();
        String place = "the account page of " + person.name();
        if (guard.locked(person.name(), place, now).isPresent()) {
            return false;
        }
        if (access.acceptCode(person.name(), code, now)) {
            return true;
        }
        Failure failure = guard.failed(person.name(), place, now);
        audit.signIn(
                person.name(),
                failure.lockedUntil().isPresent() ? "locked" : "failed",
                "code",
                "",
                failure.refusedUnseen(),
                failure.lockedUntil());
        return false;
    }

    private static TextField code() {
        TextField code = new TextField("Code");
        code.setId("code");
        code.setMaxLength(6);
        return code;
    }

    private interface Change {
        /** What is wrong, or an empty text. */
        String make() throws IOException, AccessStore.RefusedException;
    }

    private Dialog codeDialog(String title, String explanation, TextField code, Change change) {
        Dialog dialog = new Dialog();
        dialog.setHeaderTitle(title);
        dialog.add(new Div(explanation), code);
        dialog.getFooter()
                .add(
                        Parts.button("Cancel", "cancel", "", dialog::close),
                        Parts.button(title, "confirm-code", "primary", () -> {
                            String wrong = made(change);
                            if (wrong.isEmpty()) {
                                dialog.close();
                                showFactor();
                            } else {
                                code.setInvalid(true);
                                code.setErrorMessage(wrong);
                            }
                        }));
        dialog.setWidth("520px");
        dialog.open();
        return dialog;
    }

    private static String made(Change change) {
        try {
            return change.make();
        } catch (AccessStore.RefusedException e) {
            return String.valueOf(e.getMessage());
        } catch (IOException e) {
            LOG.error("the people file cannot be written", e);
            return NOT_KEPT;
        }
    }

    private Section ownTokens() {
        Section card = Report.section(
                "account-tokens",
                "Tokens",
                new Div("A token stands for you at the API and the command line (PLUMBLINE_API_TOKEN). What it does is"
                        + " marked as done over the API."),
                tokens,
                // What a token may is looked up among local users.
                SignedIn.byProvider()
                        ? Parts.text("Only local users have tokens.", "mut")
                        : Parts.button("New token…", "new-token", "primary", this::newToken));
        card.addClassNames("card", "wide");
        return card;
    }

    private void showTokens() {
        tokens.removeAll();
        boolean everybodys = person.may(Permission.MANAGE_ACCESS);
        List<Token> shown = access.tokens().stream()
                .filter(token -> token.tenant().equals(tenant)
                        && (everybodys || token.owner().equals(person.name())))
                .sorted(Comparator.comparing(Token::owner).thenComparing(Token::name))
                .toList();
        NativeTable table = new NativeTable();
        table.addClassName("rows");
        table.setId("tokens");
        NativeTableRow head = new NativeTableRow();
        for (String heading : List.of("Person", "Name", "Roles", "Ends", "Last use", "")) {
            head.add(new NativeTableHeaderCell(heading));
        }
        table.getHead().add(head);
        for (Token token : shown) {
            NativeTableCell last = new NativeTableCell();
            last.add(Parts.button("Revoke", "revoke-" + token.id(), "deny", () -> revoke(token)));
            NativeTableRow row = new NativeTableRow(
                    new NativeTableCell(VisibleText.line(token.owner(), 64)),
                    new NativeTableCell(VisibleText.line(token.name(), 64)),
                    new NativeTableCell(String.join(", ", token.roles())),
                    new NativeTableCell(
                            token.isExpired(clock.instant())
                                    ? "ended"
                                    : token.expires().substring(0, 10)),
                    new NativeTableCell(
                            token.lastUse().isEmpty() ? "never" : Parts.age(used(token), clock.instant()) + " ago"),
                    last);
            table.getBody().add(row);
        }
        tokens.add(shown.isEmpty() ? Parts.text("none", "mut") : table);
    }

    private static Optional<Instant> used(Token token) {
        return Optional.of(Instant.parse(token.lastUse()));
    }

    private void revoke(Token token) {
        String wrong = made(() -> {
            if (!token.owner().equals(person.name()) && !person.may(Permission.MANAGE_ACCESS)) {
                return Permission.MANAGE_ACCESS.refusal();
            }
            return access.revoke(token.id())
                    .map(revoked -> told(audit.token("token_revoked", revoked, person)))
                    .orElse("");
        });
        if (!wrong.isEmpty()) {
            Notification.show(wrong);
        }
        showTokens();
    }

    private void newToken() {
        TextField name = new TextField("Name");
        name.setId("token-name");
        name.setMaxLength(40);
        Map<String, String> roles = new LinkedHashMap<>();
        for (Role role : Role.values()) {
            roles.put(role.word(), role.word());
        }
        Choice role =
                new Choice("token-role", "Role", chosen -> {}).options(roles).value(Role.VIEWER.word());
        Map<String, String> days = new LinkedHashMap<>();
        for (int number : List.of(1, 7, 30, 90, 365)) {
            days.put(Integer.toString(number), number == 1 ? "1 day" : number + " days");
        }
        Choice life = new Choice("token-days", "Ends after", chosen -> {})
                .options(days)
                .value("30");
        Dialog dialog = new Dialog();
        dialog.setHeaderTitle("New token");
        Div choices = new Div(role, life);
        choices.addClassName("acts");
        dialog.add(name, choices);
        var create = Parts.button("Create", "create-token", "primary", () -> {});
        create.addClickListener(click -> {
            String wrong = made(() -> {
                Created created = access.create(
                        person,
                        name.getValue().strip(),
                        Role.parse(role.value()),
                        tenant,
                        Duration.ofDays(Long.parseLong(life.value())),
                        clock.instant());
                String refusal = told(audit.token("token_created", created.token(), person));
                if (!refusal.isEmpty()) {
                    // A token that the audit log does not have is none.
                    access.revoke(created.token().id());
                    return refusal;
                }
                dialog.removeAll();
                Pre secret = new Pre(created.secret());
                secret.setId("token-secret");
                dialog.add(new Div("This is shown once. Who has it can do what the token may."), secret);
                return "";
            });
            if (wrong.isEmpty()) {
                create.setVisible(false);
                showTokens();
            } else {
                name.setInvalid(true);
                name.setErrorMessage(wrong);
            }
        });
        dialog.getFooter().add(Parts.button("Close", "close-token", "", dialog::close), create);
        dialog.setWidth("560px");
        dialog.open();
    }

    /** Why it is not in the audit log, or an empty text. */
    private static String told(Outcome outcome) {
        return outcome instanceof Outcome.Refused refused ? refused.explanation() : "";
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
