//! Taking back what was just done: offered for a while, and what was written returns to its box.

use leptos::prelude::*;
use leptos::task::spawn_local;

use shared::ids::IncidentId;
use shared::incidents::Intent;

use super::Drafts;
use crate::engine::protocol::Failure;
use crate::link::{Link, Painted};
use crate::ui::toast::Toasts;

/// How a page takes acts back. Cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Undo {
    pub(crate) link: Link,
    pub(crate) toasts: Toasts,
    pub(crate) drafts: Drafts,
    /// How the page words what went wrong.
    pub(crate) failure: fn(&Failure) -> String,
}

/// What is offered to be taken back.
pub(crate) struct Offer {
    pub(crate) intent: Intent,
    /// What was done.
    pub(crate) did: String,
    /// What is said once it is taken back.
    pub(crate) undid: String,
    /// Done as soon as it is chosen: whoever takes something back wants to see that it is as
    /// before.
    pub(crate) at_once: Callback<()>,
    /// Done once this device has kept that it is taken back.
    pub(crate) afterwards: Callback<()>,
}

impl Undo {
    /// Offers to take a painted act back, and waits until this device has kept the act.
    pub(crate) async fn keep(self, painted: Painted, offer: Offer) -> Result<(), String> {
        let undo = painted.undo.clone();
        let offered = undo.map(|undo| self.offer(painted.incident, undo, offer));
        let kept = painted.kept().await;
        if let Some(offered) = offered.filter(|_| kept.is_err()) {
            self.toasts.dismiss(offered);
        }
        kept.map_err(|why| (self.failure)(&why))
    }

    fn offer(self, incident: IncidentId, undo: Intent, offer: Offer) -> u32 {
        let take_back = move |()| {
            offer.at_once.run(());
            let (undo, undid, intent) = (undo.clone(), offer.undid.clone(), offer.intent.clone());
            spawn_local(async move {
                match self.take_back(incident, undo).await {
                    Ok(()) => {
                        self.drafts.give_back(incident, &intent).await;
                        offer.afterwards.run(());
                        self.toasts.say(undid);
                    }
                    Err(why) => self.toasts.say((self.failure)(&why)),
                }
            });
        };
        let undo = (Some(incident), Callback::new(take_back));
        self.toasts.offer_undo(offer.did, undo)
    }

    async fn take_back(self, incident: IncidentId, undo: Intent) -> Result<(), Failure> {
        self.link.act(incident, undo).await?.kept().await
    }
}
