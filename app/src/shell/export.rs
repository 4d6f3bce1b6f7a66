//! What has not reached the server, in words, so that its author can take it elsewhere.

use shared::ids::{IncidentId, LocalCode};
use shared::incidents::Intent;
use shared::time::UnixMillis;

use crate::engine::protocol::{Rescued, WaitingAct};
use crate::incidents::{draft_words, entry_text, intent_text};
use crate::link::Organisation;
use crate::text;

/// The acts that wait, each under the subject of its incident.
pub(super) fn waiting(acts: &[WaitingAct], organisation: &Organisation) -> String {
    let acts = acts.iter().map(|act| {
        let words = act_in_words(&act.intent, act.at, organisation);
        format!("{}\n{words}", act.subject)
    });
    acts.collect::<Vec<_>>().join("\n\n")
}

/// What could be read of a lost copy.
pub(super) fn rescued(rescued: &Rescued, organisation: &Organisation) -> String {
    let under = |id: IncidentId, words: &str| format!("{}\n{words}", LocalCode::of(id).0);
    let acts = rescued.acts.iter();
    let acts = acts.map(|(id, intent, at)| under(*id, &act_in_words(intent, *at, organisation)));
    let drafts = rescued.drafts.iter();
    let drafts = drafts.map(|(id, kept)| under(*id, &draft_words(*id, kept)));
    acts.chain(drafts).collect::<Vec<_>>().join("\n\n")
}

fn act_in_words(intent: &Intent, at: UnixMillis, organisation: &Organisation) -> String {
    let head = format!("{} · {}", text::full(at), intent_text(intent, organisation));
    match entry_text(intent) {
        Some(words) => format!("{head}\n{words}"),
        None => head,
    }
}
