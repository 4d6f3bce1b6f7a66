//! Bringing back to a restored server what its log may lack, before anything of that log is taken
//! in.

use shared::ids::{DocKey, Epoch};
use shared::sync::client::{
    Fault, Input, LocalDoc, PUT_OFF_MAX, logs_known, own_again, rests_on_others,
};
use shared::sync::message::{
    self, PROTOCOL, PushReply, PushRequest, ReturnReply, ReturnRequest, ReturnedDoc,
};

use super::{Call, Device, Moment};
use crate::disk::{Durability, Key, Transaction};

/// How far the device has come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Returning {
    to: Epoch,
    wanted: Vec<DocKey>,
}

impl Device {
    /// The server has another log.
    pub(super) fn meet(&mut self, epoch: Epoch, moment: Moment) {
        self.returning = Some(Returning {
            to: epoch,
            wanted: Vec::new(),
        });
        self.tell(Input::NewLog, moment);
    }

    /// Names every document that was signed.
    pub(super) fn name_all(&mut self, moment: Moment) -> Option<Call> {
        let docs: Vec<_> = self.signed().iter().filter_map(LocalDoc::named).collect();
        if docs.is_empty() {
            self.finish(moment);
            return None;
        }
        Some(Call::Return(self.bring(docs)?))
    }

    fn signed(&self) -> Vec<LocalDoc> {
        let docs = self.disk.docs();
        docs.filter_map(|key| self.disk.doc(key)).collect()
    }

    fn bring(&self, docs: Vec<ReturnedDoc>) -> Option<ReturnRequest> {
        Some(ReturnRequest {
            protocol: PROTOCOL,
            surface: self.profile.surface,
            person: self.profile.person,
            device: self.profile.device,
            epoch: self.disk.cursors().epoch?,
            earlier: self.disk.logs(),
            docs,
        })
    }

    /// Takes in what the server wants of what was named or brought.
    pub fn take_wanted(&mut self, reply: ReturnReply, moment: Moment) {
        let Some(returning) = &mut self.returning else {
            return;
        };
        if reply.epoch != returning.to || reply.wanted.is_empty() {
            return self.finish(moment);
        }
        returning.wanted = reply.wanted;
        let groups = own_again(&self.wanted(), self.profile.person, self.profile.device);
        if groups.is_empty() {
            return self.bring_whole(moment);
        }
        self.next = self.returning.as_ref().map(|returning| {
            Call::OfferAgain(PushRequest {
                protocol: PROTOCOL,
                surface: self.profile.surface,
                person: self.profile.person,
                device: self.profile.device,
                epoch: Some(returning.to),
                clocks: Vec::new(),
                groups,
                hands_over: false,
            })
        });
    }

    fn wanted(&self) -> Vec<LocalDoc> {
        let wanted = self
            .returning
            .iter()
            .flat_map(|returning| &returning.wanted);
        wanted.filter_map(|key| self.disk.doc(*key)).collect()
    }

    /// What was offered again is in the log, or was refused.
    pub fn take_again(&mut self, reply: &PushReply, moment: Moment) {
        if rests_on_others(reply) && self.put_off < PUT_OFF_MAX {
            self.put_off += 1;
            return self.tell(Input::Failed(Fault::PutOff), moment);
        }
        self.bring_whole(moment);
    }

    fn bring_whole(&mut self, moment: Moment) {
        let whole: Vec<_> = self.wanted().iter().filter_map(LocalDoc::whole).collect();
        match self.bring(whole).filter(|request| !request.docs.is_empty()) {
            Some(request) => self.next = Some(Call::Return(request)),
            None => self.finish(moment),
        }
    }

    fn finish(&mut self, moment: Moment) {
        let Some(returning) = self.returning.take() else {
            return;
        };
        self.put_off = 0;
        let mut tx = Transaction::default();
        let from = self.disk.cursors().epoch.unwrap_or(returning.to);
        let logs = logs_known(&self.disk.logs(), from, returning.to);
        tx.put(Key::Logs, message::encode(&logs));
        // Without the note it is brought back once more, which changes nothing.
        self.disk.commit(tx, Durability::Relaxed).ok();
        self.tell(Input::Returned, moment);
    }
}
