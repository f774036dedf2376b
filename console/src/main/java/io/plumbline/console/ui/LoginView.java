package io.plumbline.console.ui;

import com.vaadin.flow.component.html.Anchor;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.Main;
import com.vaadin.flow.dom.Element;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.server.auth.AnonymousAllowed;
import io.plumbline.console.PlumblineProperties;
import io.plumbline.console.text.VisibleText;
import java.util.Set;

/** Sign in with a local user, or by the identity provider when there is one. Whatever is wrong, the page says the same. */
@Route(value = "login", autoLayout = false)
@PageTitle("Plumbline · sign in")
@AnonymousAllowed
public class LoginView extends Main implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private static final String REFUSED =
            "That did not work. Check name, password and, if you have set one up, the code. After several failures"
                    + " nothing is looked at for a while.";

    private static final String UNREACHABLE =
            "The identity provider does not answer right now. Try again in a while; local users can sign in.";

    // As the framework tells it to its own pages.
    private static final String TAKE_TOKEN = """
        const name = document.querySelector('meta[name=_csrf_parameter]'), value = document.querySelector('meta[name=_csrf]');
        if (name && value) { this.name = name.content; this.value = value.content; }
        """;

    private final Div error = new Div();

    public LoginView(PlumblineProperties properties) {
        addClassName("login");
        Element form = new Element("form");
        form.setAttribute("method", "post");
        form.setAttribute("action", "login");
        error.setId("login-error");
        error.addClassName("fate");
        error.getElement().setAttribute("role", "alert");
        error.setVisible(false);
        Element token = new Element("input");
        token.setAttribute("type", "hidden");
        token.executeJs(TAKE_TOKEN);
        Element submit = new Element("button");
        submit.setAttribute("type", "submit");
        submit.setAttribute("class", "act primary");
        submit.setText("Sign in");
        form.appendChild(
                new H1("Plumbline").getElement(),
                error.getElement(),
                field("Name", "username", "text", "username"),
                field("Password", "password", "password", "current-password"),
                field("Code of your authenticator, if you have set one up", "code", "text", "one-time-code"),
                token,
                submit);
        if (properties.oidc() != null) {
            Anchor provider = new Anchor(
                    "oauth2/authorization/" + PlumblineProperties.Oidc.REGISTRATION,
                    "Sign in with " + VisibleText.line(properties.oidc().host(), 80));
            provider.setId("provider");
            provider.setRouterIgnore(true);
            form.appendChild(provider.getElement());
        }
        getElement().appendChild(form);
    }

    private static Element field(String label, String name, String type, String completion) {
        Element input = new Element("input");
        input.setAttribute("name", name);
        input.setAttribute("type", type);
        input.setAttribute("autocomplete", completion);
        if (name.equals("username")) {
            input.setAttribute("autofocus", "");
        }
        if (name.equals("code")) {
            input.setAttribute("inputmode", "numeric");
        } else {
            input.setAttribute("required", "");
        }
        return new Element("label").appendChild(new Element("span").setText(label), input);
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        Set<String> told =
                event.getLocation().getQueryParameters().getParameters().keySet();
        error.setText(told.contains("error") ? REFUSED : told.contains("provider") ? UNREACHABLE : "");
        error.setVisible(!error.getText().isEmpty());
    }
}
