//! Reads and writes the elements of EBML (RFC 8794).

/// A size that is not known yet, in the eight bytes that any size has room in.
pub(crate) const UNKNOWN: [u8; 8] = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/// What an element begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Which element it is, with the marker of its length.
    pub(crate) id: u32,
    /// Bytes of its data; `None` if that is unknown.
    pub(crate) size: Option<u64>,
    /// Bytes of the header itself.
    pub(crate) length: usize,
}

/// What could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// More bytes are needed.
    Short,
    /// No more bytes would help.
    Broken,
}

/// The header at the start of these bytes.
pub(crate) fn header(bytes: &[u8]) -> Result<Header, Unread> {
    let first = *bytes.first().ok_or(Unread::Short)?;
    let id_length = length_of(first);
    if id_length > 4 {
        return Err(Unread::Broken);
    }
    let id = bytes.get(..id_length).ok_or(Unread::Short)?;
    let id = id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let rest = bytes.get(id_length..).unwrap_or_default();
    let (size, size_length) = vint(rest)?;
    Ok(Header {
        id,
        size,
        length: id_length + size_length,
    })
}

/// A number of variable length, and how many bytes it takes; `None` for the one that says
/// "unknown".
pub(crate) fn vint(bytes: &[u8]) -> Result<(Option<u64>, usize), Unread> {
    let first = *bytes.first().ok_or(Unread::Short)?;
    let length = length_of(first);
    if length > 8 {
        return Err(Unread::Broken);
    }
    let all = bytes.get(..length).ok_or(Unread::Short)?;
    let value = all
        .iter()
        .fold(0, |value, byte| value << 8 | u64::from(*byte));
    let value = value & ((1 << (7 * length)) - 1);
    let is_unknown = value == (1 << (7 * length)) - 1;
    Ok(((!is_unknown).then_some(value), length))
}

/// The elements within a master element that is there as a whole; ends at the first that is not.
pub(crate) fn children(mut data: &[u8]) -> impl Iterator<Item = (Header, &[u8])> {
    std::iter::from_fn(move || {
        let header = header(data).ok()?;
        let size = usize::try_from(header.size?).ok()?;
        let end = header.length.checked_add(size)?;
        let child = data.get(header.length..end)?;
        data = data.get(end..)?;
        Some((header, child))
    })
}

/// The value of an unsigned integer; `None` if it has more than eight bytes.
pub(crate) fn unsigned(data: &[u8]) -> Option<u64> {
    let fold = |value, byte: &u8| value << 8 | u64::from(*byte);
    (data.len() <= 8).then(|| data.iter().fold(0, fold))
}

/// Writes an element, its size in eight bytes.
pub(crate) fn element(id: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = id_bytes(id);
    bytes.extend(size_bytes(data.len() as u64));
    bytes.extend(data);
    bytes
}

/// Writes an element that is an unsigned integer, always in eight bytes.
pub(crate) fn number(id: u32, value: u64) -> Vec<u8> {
    element(id, &value.to_be_bytes())
}

/// A size in eight bytes. None that fits into a file is too large for it.
pub(crate) fn size_bytes(size: u64) -> [u8; 8] {
    (size | 1 << 56).to_be_bytes()
}

pub(crate) fn id_bytes(id: u32) -> Vec<u8> {
    let bytes = id.to_be_bytes();
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

/// How many bytes a number has whose first is this one; 9 if none has.
fn length_of(first: u8) -> usize {
    first.leading_zeros() as usize + 1
}
