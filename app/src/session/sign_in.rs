//! The sign-in page, and the sign-in beside the page when a session has ended.

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::SubmitEvent;

use shared::sync::message::Surface;

use super::{Session, wiped};
use crate::engine::protocol::Call;
use crate::incidents::Drafts;
use crate::link::Link;
use crate::text::t;
use crate::ui::icon::{Icon, icon};
use crate::ui::live::{When, live};
use crate::ui::overlay::Sheet;

/// What a sign-in form holds.
#[derive(Clone, Copy)]
pub(crate) struct SignInForm {
    login: RwSignal<String>,
    password: RwSignal<String>,
    failure: RwSignal<String>,
    pub(crate) busy: RwSignal<bool>,
}

impl SignInForm {
    pub(crate) fn new(login: String) -> Self {
        Self {
            login: RwSignal::new(login),
            password: RwSignal::new(String::new()),
            failure: RwSignal::new(String::new()),
            busy: RwSignal::new(false),
        }
    }

    pub(crate) fn submit(self, session: Session, afterwards: impl FnOnce() + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failure.set(String::new());
        spawn_local(async move {
            let (login, password) = (self.login.get_untracked(), self.password.get_untracked());
            let outcome = session.sign_in(login.trim(), &password).await;
            if outcome.is_ok() {
                afterwards();
            }
            // The form may have gone with the page it stood on.
            self.busy.try_set(false);
            self.failure.try_set(outcome.err().unwrap_or_default());
        });
    }
}

/// The whole page, while nobody is signed in.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let session = expect_context::<Session>();
    let form = SignInForm::new(String::new());
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        form.submit(session, || {});
    };
    view! {
        <main class="signin">
            <p class="mark">{icon(Icon::Mark)} "Holdfast"</p>
            {wiped::was_wiped().then(|| view! { <p class="told">{t!("signin.wiped")}</p> })}
            <form on:submit=on_submit>
                <h1>{t!("signin.title")}</h1>
                <SignInFields form=form />
                <button type="submit" class="button primary" disabled=form.busy>
                    {t!("signin.submit")}
                </button>
            </form>
            {about(session.surface)}
        </main>
    }
}

/// What the surface is for, and the way to the other one.
fn about(surface: Surface) -> impl IntoView {
    let (about, url, other) = match surface {
        Surface::Console => (t!("signin.about"), "/", t!("signin.to_portal")),
        Surface::Portal => (
            t!("signin.about_portal"),
            "/console",
            t!("signin.to_console"),
        ),
    };
    view! {
        <p>{about}</p>
        <p><a href=url rel="external">{other}</a></p>
    }
}

#[component]
pub(crate) fn SignInFields(form: SignInForm) -> impl IntoView {
    view! {
        <label class="field">
            <span>{t!("signin.login")}</span>
            <input
                type="text"
                name="login"
                autocomplete="username"
                autocapitalize="none"
                spellcheck="false"
                required
                bind:value=form.login
            />
        </label>
        <label class="field">
            <span>{t!("signin.password")}</span>
            <input
                type="password"
                name="password"
                autocomplete="current-password"
                required
                bind:value=form.password
            />
        </label>
        <p class="error" role="alert">{form.failure}</p>
    }
}

/// Says that the session has ended, and lets the person sign in without leaving the page.
#[component]
pub(crate) fn SignInAgain() -> impl IntoView {
    let link = expect_context::<Link>();
    let session = expect_context::<Session>();
    let asking = RwSignal::new(false);
    let needed = session.ended;
    let waiting = move || link.board.status.with(|status| status.waiting);
    Effect::new(move |_| {
        if !needed.get() {
            asking.set(false);
        }
    });
    let login = move || {
        session
            .person
            .with_untracked(|person| person.as_ref().map(|person| person.login.clone()))
    };
    view! {
        <When is=Signal::derive(move || needed.get())>
            <section class="banner" data-kind="warn" role="status">
                <p>
                    {live(move || match waiting() {
                        0 => t!("signin.again_nothing"),
                        count => t!("signin.again", count = count),
                    })}
                </p>
                <button type="button" class="button" on:click=move |_| asking.set(true)>
                    {t!("signin.submit")}
                </button>
            </section>
        </When>
        <When is=Signal::derive(move || asking.get())>
            <SignInSheet login=login().unwrap_or_default() asking=asking />
        </When>
    }
}

#[component]
fn SignInSheet(login: String, asking: RwSignal<bool>) -> impl IntoView {
    let session = expect_context::<Session>();
    let (link, drafts) = (expect_context::<Link>(), expect_context::<Drafts>());
    let form = SignInForm::new(login);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        // Should somebody else sign in, they get another page.
        drafts.send_all();
        form.submit(session, move || link.tell(Call::SignedIn));
    };
    view! {
        <Sheet title=t!("signin.again_title") on_close=move |()| asking.set(false)>
            <form on:submit=on_submit>
                <div class="body">
                    <SignInFields form=form />
                </div>
                <footer>
                    <small>{t!("signin.kept")}</small>
                    <button type="submit" class="button primary" disabled=form.busy>
                        {t!("signin.submit")}
                    </button>
                </footer>
            </form>
        </Sheet>
    }
}
