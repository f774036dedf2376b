package io.plumbline.console.ui;

import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.Main;
import com.vaadin.flow.component.login.LoginForm;
import com.vaadin.flow.component.login.LoginI18n;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.server.auth.AnonymousAllowed;

/** Sign in with a local user. */
@Route(value = "login", autoLayout = false)
@PageTitle("Plumbline · sign in")
@AnonymousAllowed
public class LoginView extends Main implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private final LoginForm form = new LoginForm();

    public LoginView() {
        addClassName("login");
        LoginI18n words = LoginI18n.createDefault();
        words.getForm().setTitle("Plumbline");
        form.setI18n(words);
        form.setAction("login");
        form.setForgotPasswordButtonVisible(false);
        H1 heading = new H1("Sign in");
        heading.getStyle().set("position", "absolute").set("left", "-9999px");
        add(heading, form);
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        form.setError(event.getLocation().getQueryParameters().getParameters().containsKey("error"));
    }
}
