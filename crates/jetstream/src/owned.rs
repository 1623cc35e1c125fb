//! All entries of one owner in one value: for each, its id's length (1 byte), its end (8), its value's
//! length (4), its id and its value.

use wimpex_store::Entry;

pub(crate) fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        // Whoever puts one has looked how long they are.
        bytes.push(entry.id.len() as u8);
        bytes.extend(entry.expires.to_be_bytes());
        bytes.extend((entry.value.len() as u32).to_be_bytes());
        bytes.extend(&entry.id);
        bytes.extend(&entry.value);
    }
    bytes
}

/// What cannot be read is not ours, and neither is what comes after it.
pub(crate) fn decode(bytes: &[u8]) -> Vec<Entry> {
    let (mut entries, mut rest) = (Vec::new(), bytes);
    while let Some((entry, after)) = one(rest) {
        entries.push(entry);
        rest = after;
    }
    entries
}

fn one(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (id, rest) = bytes.split_first()?;
    let (expires, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_first_chunk()?;
    let (id, rest) = rest.split_at_checked(usize::from(*id))?;
    let length = usize::try_from(u32::from_be_bytes(*value)).ok()?;
    let (value, rest) = rest.split_at_checked(length)?;
    let entry = Entry {
        id: id.to_vec(),
        value: value.to_vec(),
        expires: u64::from_be_bytes(*expires),
    };
    Some((entry, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read_and_what_is_cut_off_is_not() {
        let entry = |id: &str, value: &str, expires| Entry {
            id: id.into(),
            value: value.into(),
            expires,
        };
        let entries = [entry("", "", 0), entry("id", "value", u64::MAX)];
        let bytes = encode(&entries);
        assert_eq!(decode(&bytes), entries);
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).len() < 2, "{cut}");
        }
        // A length that lies.
        assert!(decode(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 1]).is_empty());
    }
}
