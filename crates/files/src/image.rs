//! How large an image says that it is, before anything decodes it.

/// Width and height in points of a PNG, GIF, JPEG or WebP image (and BMP), by the beginning of its
/// file; `None` for anything else, or if they do not stand there. A few kilobytes can say that they
/// are gigapixels: whoever decodes asks first.
pub fn image_size(head: &[u8]) -> Option<(u32, u32)> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some((be32(head, 16)?, be32(head, 20)?));
    }
    if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        return Some((le16(head, 6)?, le16(head, 8)?));
    }
    if head.starts_with(b"BM") {
        let height = le32(head, 22)?.cast_signed();
        return Some((le32(head, 18)?, height.unsigned_abs()));
    }
    if head.starts_with(b"RIFF") && head.get(8..12)? == b"WEBP" {
        return webp(head);
    }
    if head.starts_with(&[0xFF, 0xD8]) {
        return jpeg(head);
    }
    None
}

fn webp(head: &[u8]) -> Option<(u32, u32)> {
    match head.get(12..16)? {
        b"VP8X" => {
            let number = |at| {
                let [low, middle, high] = bytes(head, at)?;
                Some(u32::from_le_bytes([low, middle, high, 0]))
            };
            Some((number(24)? + 1, number(27)? + 1))
        }
        b"VP8L" => {
            let bits = le32(head, 21)?;
            Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        b"VP8 " => Some((le16(head, 26)? & 0x3FFF, le16(head, 28)? & 0x3FFF)),
        _ => None,
    }
}

/// From segment to segment, up to the one that begins a frame (ITU-T T.81, annex B).
fn jpeg(head: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if *head.get(at)? != 0xFF {
            return None;
        }
        let marker = *head.get(at + 1)?;
        match marker {
            // Fill bytes, and markers without a length.
            0xFF => at += 1,
            0x01 | 0xD0..=0xD8 => at += 2,
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Some((be16(head, at + 7)?, be16(head, at + 5)?));
            }
            _ => at += 2 + be16(head, at + 2)?.max(2) as usize,
        }
    }
}

fn bytes<const COUNT: usize>(head: &[u8], at: usize) -> Option<[u8; COUNT]> {
    head.get(at..)?.first_chunk().copied()
}

fn be16(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(|it| u16::from_be_bytes(it).into())
}

fn le16(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(|it| u16::from_le_bytes(it).into())
}

fn be32(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(u32::from_be_bytes)
}

fn le32(head: &[u8], at: usize) -> Option<u32> {
    bytes(head, at).map(u32::from_le_bytes)
}
