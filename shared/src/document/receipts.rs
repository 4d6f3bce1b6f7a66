//! Receipts: what the server remembers of the changes it accepted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::{Actor, DeviceId, Hash, PersonId};
use crate::time::{Flags, UnixMillis};

/// What the server remembers of an accepted change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub actor: Actor,
    pub actor_seq: u64,
    pub person: PersonId,
    pub device: DeviceId,
    pub received_at: UnixMillis,
    pub corrected_at: UnixMillis,
    pub flags: Flags,
}

/// Receipts as columns, delta-coded, so that many of them travel small.
///
/// Actors and devices are tables that rows point into; the times are differences to the row before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct ReceiptColumns {
    pub actors: Vec<Actor>,
    pub devices: Vec<DeviceId>,
    pub actor: Vec<u32>,
    pub actor_seq: Vec<u64>,
    pub person: Vec<u32>,
    pub device: Vec<u32>,
    pub received_at: Vec<i64>,
    /// Received minus corrected.
    pub age: Vec<i64>,
    pub flags: Vec<u8>,
}

/// The receipts of one document, found by the change's actor and sequence number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReceiptBook(BTreeMap<(Actor, u64), Receipt>);

impl ReceiptBook {
    /// The receipt of a change, if the server has accepted it.
    pub fn of(&self, actor: Actor, actor_seq: u64) -> Option<&Receipt> {
        self.0.get(&(actor, actor_seq))
    }

    /// Adds a receipt; an earlier one of the same change stays, since receipts are never
    /// recomputed.
    pub fn add(&mut self, receipt: Receipt) {
        self.0
            .entry((receipt.actor, receipt.actor_seq))
            .or_insert(receipt);
    }

    /// All receipts, sorted by (actor, `actor_seq`).
    pub fn iter(&self) -> impl Iterator<Item = &Receipt> {
        self.0.values()
    }

    /// How many receipts there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// SHA-256 over the receipts in order, each as fixed-width big-endian fields.
    pub fn digest(&self) -> Hash {
        let mut sha = Sha256::new();
        for receipt in self.iter() {
            sha.update(receipt.actor.0);
            sha.update(receipt.actor_seq.to_be_bytes());
            sha.update(receipt.person.0.to_be_bytes());
            sha.update(receipt.device.as_bytes());
            sha.update(receipt.received_at.0.to_be_bytes());
            sha.update(receipt.corrected_at.0.to_be_bytes());
            sha.update([receipt.flags.0]);
        }
        Hash(sha.finalize().into())
    }
}

impl FromIterator<Receipt> for ReceiptBook {
    fn from_iter<I: IntoIterator<Item = Receipt>>(receipts: I) -> Self {
        let mut book = Self::default();
        receipts.into_iter().for_each(|receipt| book.add(receipt));
        book
    }
}

impl ReceiptColumns {
    /// Packs receipts, in the order given.
    pub fn pack<'a>(receipts: impl IntoIterator<Item = &'a Receipt>) -> Self {
        let mut columns = Self::default();
        let (mut actors, mut devices) = (BTreeMap::new(), BTreeMap::new());
        let mut before = 0;
        for receipt in receipts {
            columns
                .actor
                .push(place(&mut actors, &mut columns.actors, receipt.actor));
            columns
                .device
                .push(place(&mut devices, &mut columns.devices, receipt.device));
            columns.actor_seq.push(receipt.actor_seq);
            columns.person.push(receipt.person.0);
            columns
                .received_at
                .push(receipt.received_at.0.wrapping_sub(before));
            columns
                .age
                .push(receipt.received_at.0.wrapping_sub(receipt.corrected_at.0));
            columns.flags.push(receipt.flags.0);
            before = receipt.received_at.0;
        }
        columns
    }

    /// Unpacks the receipts; rows that point nowhere or lack a column are left out.
    pub fn unpack(&self) -> Vec<Receipt> {
        let mut received = 0_i64;
        let mut receipts = Vec::with_capacity(self.actor.len());
        for row in 0..self.actor.len() {
            received = received.wrapping_add(self.received_at.get(row).copied().unwrap_or(0));
            receipts.extend(self.unpack_row(row, received));
        }
        receipts
    }

    fn unpack_row(&self, row: usize, received: i64) -> Option<Receipt> {
        Some(Receipt {
            actor: *self.actors.get(*self.actor.get(row)? as usize)?,
            actor_seq: *self.actor_seq.get(row)?,
            person: PersonId(*self.person.get(row)?),
            device: *self.devices.get(*self.device.get(row)? as usize)?,
            received_at: UnixMillis(received),
            corrected_at: UnixMillis(received.wrapping_sub(*self.age.get(row)?)),
            flags: Flags(*self.flags.get(row)?),
        })
    }
}

fn place<T: Copy + Ord>(places: &mut BTreeMap<T, u32>, table: &mut Vec<T>, item: T) -> u32 {
    *places.entry(item).or_insert_with(|| {
        table.push(item);
        u32::try_from(table.len() - 1).expect("a document has fewer than 2^32 changes")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(actor: u8, seq: u64, received: i64) -> Receipt {
        Receipt {
            actor: Actor([actor; 16]),
            actor_seq: seq,
            person: PersonId(7),
            device: DeviceId::from_bytes([actor; 16]),
            received_at: UnixMillis(received),
            corrected_at: UnixMillis(received - 5),
            flags: Flags::LATE,
        }
    }

    #[test]
    fn columns_carry_receipts_whole() {
        let receipts = vec![receipt(1, 1, 100), receipt(2, 1, 90), receipt(1, 2, 1_000)];
        assert_eq!(ReceiptColumns::pack(&receipts).unpack(), receipts);
    }

    #[test]
    fn a_row_that_points_nowhere_is_left_out() {
        let mut columns = ReceiptColumns::pack(&[receipt(1, 1, 100), receipt(2, 1, 90)]);
        columns.actors.pop();
        assert_eq!(columns.unpack(), vec![receipt(1, 1, 100)]);
    }

    #[test]
    fn the_first_receipt_of_a_change_stays() {
        let book: ReceiptBook = [receipt(1, 1, 100), receipt(1, 1, 200)]
            .into_iter()
            .collect();
        assert_eq!(book.of(Actor([1; 16]), 1), Some(&receipt(1, 1, 100)));
    }
}
