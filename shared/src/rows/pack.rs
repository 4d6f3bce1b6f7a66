//! Rows as bytes: a format number, then postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{ROW_FORMAT, Row};

/// Bytes that are not rows of this format; the rows are to be rebuilt from the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not rows of format {ROW_FORMAT}")]
pub struct BadRows;

/// Packs rows into a chunk.
pub fn pack(rows: &[Row]) -> Vec<u8> {
    encode(rows)
}

/// Packs one row, as the overlay of its chunk or a column of the server.
pub fn pack_one(row: &Row) -> Vec<u8> {
    encode(row)
}

/// Unpacks a chunk.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Row>, BadRows> {
    decode(bytes)
}

/// Unpacks one row.
pub fn unpack_one(bytes: &[u8]) -> Result<Row, BadRows> {
    decode(bytes)
}

fn encode<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    postcard::to_extend(value, vec![ROW_FORMAT]).expect("a row has no type postcard cannot encode")
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BadRows> {
    match bytes.split_first() {
        Some((&ROW_FORMAT, rest)) => postcard::from_bytes(rest).map_err(|_| BadRows),
        Some(_) | None => Err(BadRows),
    }
}
