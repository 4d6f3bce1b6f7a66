//! How many operations a change claims to have, read from its columns without expanding them.
//!
//! A run of equal values takes a few bytes whatever its length, and automerge walks every operation
//! while it parses: a change of 64 bytes with 2^60 of them would never end. It also takes every
//! number of an operation for one of 32 bits, and panics at a larger one. The format is that of
//! <https://automerge.org/automerge-binary-format-spec/>, "Change Chunk" and "Column".

/// The most items that a column of the uncompressed change chunk holds; none when it is no such
/// chunk, or names operations beyond 32 bits. What else is wrong with it is left to automerge.
pub(super) fn longest_column(chunk: &[u8]) -> Option<u64> {
    let mut rest = Bytes(chunk.get(9..)?);
    rest.unsigned()?;
    let deps = rest.unsigned()?;
    rest.take(deps.checked_mul(32)?)?;
    rest.prefixed()?; // the actor
    rest.unsigned()?; // the sequence number
    is_number(rest.unsigned()?.into())?; // the first operation
    rest.unsigned()?; // the time
    rest.prefixed()?; // the message
    for _ in 0..rest.unsigned()? {
        rest.prefixed()?; // an actor that operations name
    }
    let mut columns = Vec::new();
    for _ in 0..rest.unsigned()? {
        columns.push((rest.unsigned()?, rest.unsigned()?));
    }
    let mut longest = 0;
    for (kind, length) in columns {
        let data = Bytes(rest.take(length)?);
        longest = longest.max(items(kind, data)?);
    }
    Some(longest)
}

fn items(kind: u64, data: Bytes<'_>) -> Option<u64> {
    const DEFLATED: u64 = 8;
    if kind & DEFLATED != 0 {
        return None;
    }
    match kind & 7 {
        0 | 6 => runs(data, Values::Sizes),
        1 | 2 => runs(data, Values::Numbers),
        3 => runs(data, Values::Differences),
        4 => booleans(data),
        5 => runs(data, Values::Texts),
        _ => Some(0), // raw values, which another column counts
    }
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    Sizes,
    Numbers,
    /// Each to be added to all before it.
    Differences,
    Texts,
}

fn is_number(value: i128) -> Option<()> {
    (0..=i128::from(u32::MAX)).contains(&value).then_some(())
}

/// Alternating lengths of runs of false and true.
fn booleans(mut data: Bytes<'_>) -> Option<u64> {
    let mut count = 0_u64;
    while !data.0.is_empty() {
        count = count.saturating_add(data.unsigned()?);
    }
    Some(count)
}

/// Run lengths: positive, so many times one value; negative, so many values; zero, a run of nulls.
fn runs(mut data: Bytes<'_>, kind: Values) -> Option<u64> {
    let (mut count, mut sum) = (0_u64, 0_i128);
    while !data.0.is_empty() {
        let length = data.signed()?;
        let (run, values) = match length {
            0 => (data.unsigned()?, 0),
            1.. => (length.cast_unsigned(), 1),
            ..0 => (length.unsigned_abs(), length.unsigned_abs()),
        };
        let times = if values == 1 { run } else { 1 };
        for _ in 0..values {
            match kind {
                Values::Texts => drop(data.prefixed()?),
                Values::Sizes => drop(data.unsigned()?),
                Values::Numbers => is_number(data.unsigned()?.into())?,
                Values::Differences => {
                    let step = i128::from(data.signed()?).checked_mul(times.into())?;
                    sum = sum.checked_add(step)?;
                    is_number(sum)?;
                }
            }
        }
        count = count.saturating_add(run);
    }
    Some(count)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn prefixed(&mut self) -> Option<&'a [u8]> {
        let length = self.unsigned()?;
        self.take(length)
    }

    /// LEB128; the sign of a signed number does not matter where it is only skipped.
    fn unsigned(&mut self) -> Option<u64> {
        self.leb().map(|(value, _)| value)
    }

    fn signed(&mut self) -> Option<i64> {
        let (value, bits) = self.leb()?;
        let unused = 64_u32.saturating_sub(bits);
        Some((value << unused).cast_signed() >> unused)
    }

    fn leb(&mut self) -> Option<(u64, u32)> {
        const BITS_MAX: u32 = 70;
        let (mut value, mut bits) = (0_u64, 0);
        while bits < BITS_MAX {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f).checked_shl(bits).unwrap_or(0);
            bits += 7;
            if byte & 0x80 == 0 {
                return Some((value, bits));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incidents::{Intent, write};
    use crate::testing::{BOB, Copy};

    fn leb(mut value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while value > 0x7f {
            bytes.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).unwrap_or(0));
        bytes
    }

    /// A chunk of so many equal operations; a signed length needs its sign bit free.
    fn bomb(count: u64) -> Vec<u8> {
        let mut run = leb(count);
        if run.last().is_some_and(|byte| byte & 0x40 != 0) {
            let last = run.len() - 1;
            run[last] |= 0x80;
            run.push(0);
        }
        let column = |values: &[u8]| [run.as_slice(), values].concat();
        let columns = [
            (0x15_u8, column(b"\x01a")),
            (0x34, leb(count)),
            (0x42, column(&[1])),
        ];
        let mut data = vec![0, 2, 7, 7, 1, 1, 0, 0, 0, 3];
        for (kind, column) in &columns {
            data.extend([*kind, u8::try_from(column.len()).unwrap_or(0)]);
        }
        for (_, column) in &columns {
            data.extend(column);
        }
        let mut chunk = b"\x85\x6f\x4a\x83\0\0\0\0\x01".to_vec();
        chunk.extend(leb(data.len() as u64));
        chunk.extend(data);
        chunk
    }

    #[test]
    fn runs_are_counted_without_being_expanded() {
        for count in [1, 63, 64, 100, 70_000, 1 << 33, 1 << 60] {
            assert_eq!(longest_column(&bomb(count)), Some(count), "{count}");
        }
    }

    #[test]
    fn the_operations_of_a_real_change_are_counted() {
        let mut copy = Copy::declared();
        let text = "Größe 👍".to_owned();
        let mut drafted = copy.drafted(BOB, Intent::Reply { text });
        let actor = copy.actor;
        let written = write(&mut drafted, &mut copy.docs, &|_| actor).expect("it can be written");
        let change = automerge::Change::from_bytes(written[0].bytes.clone()).expect("a change");
        assert_eq!(longest_column(&written[0].bytes), Some(change.len() as u64));
    }

    #[test]
    fn numbers_of_operations_beyond_32_bits_have_no_count() {
        let count = |kind, column: &[u8]| items(kind, Bytes(column));
        let most = leb(u32::MAX.into());
        let more = leb(u64::from(u32::MAX) + 1);
        for kind in [0x02, 0x11] {
            assert_eq!(count(kind, &[&[3], &most[..]].concat()), Some(3));
            assert_eq!(count(kind, &[&[3], &more[..]].concat()), None);
        }
        // Three times five, and then sixteen or fifteen back.
        assert_eq!(count(0x13, &[3, 5, 1, 0x70]), None);
        assert_eq!(count(0x13, &[3, 5, 1, 0x71]), Some(4));
        // Each of 2^31 steps by two.
        let run = [0x80, 0x80, 0x80, 0x80, 0x08, 2];
        assert_eq!(count(0x13, &run), None);
    }

    #[test]
    fn rubbish_has_no_count() {
        let whole = bomb(5);
        for length in 0..whole.len() {
            assert_eq!(longest_column(&whole[..length]), None, "{length}");
        }
        assert_eq!(longest_column(&[0xff; 100]), None);
    }
}
