//! `Accept-Encoding` (RFC 9110, section 12.5.3).

/// A form that a file can be sent in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

/// What a request accepts: a coding, and its quality in thousandths.
pub(super) struct Accepted<'a>(Vec<(&'a str, u16)>);

impl Encoding {
    /// For `Content-Encoding`; the identity is not named there.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// For the entity tag, which must differ by form.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => "-br",
            Self::Gzip => "-gz",
            Self::Identity => "",
        }
    }
}

impl<'a> Accepted<'a> {
    pub(super) fn parse(values: impl Iterator<Item = &'a str>) -> Self {
        let items = values.flat_map(|value| value.split(','));
        Self(items.filter_map(parse_item).collect())
    }

    /// 0 is "not at all".
    pub(super) fn quality(&self, encoding: Encoding) -> u16 {
        let name = encoding.name().unwrap_or("identity");
        let of = |name: &str| {
            let found = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            found.map(|(_, quality)| *quality)
        };
        match (of(name), of("*"), encoding) {
            (Some(quality), ..) => quality,
            // Always there unless it is excluded, but anything named is preferred.
            (None, Some(0), Encoding::Identity) => 0,
            (None, _, Encoding::Identity) => 1,
            (None, Some(quality), _) => quality,
            (None, None, _) => 0,
        }
    }
}

fn parse_item(item: &str) -> Option<(&str, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let quality = parts
        .find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")))
        .map_or(Some(1000), parse_quality);
    // A quality that is none: as if it were not there.
    Some((name, quality?))
}

fn parse_quality(text: &str) -> Option<u16> {
    let quality: f32 = text.parse().ok()?;
    // In range, so the cast loses nothing that counts.
    (0.0..=1.0)
        .contains(&quality)
        .then(|| (quality * 1000.0).round() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(header: &str) -> Option<&'static str> {
        let accepted = Accepted::parse([header].into_iter());
        let all = [Encoding::Identity, Encoding::Gzip, Encoding::Brotli];
        // The last of equals: brotli.
        let best = all.into_iter().max_by_key(|e| accepted.quality(*e));
        best.and_then(Encoding::name)
    }

    #[test]
    fn the_highest_quality_wins() {
        assert_eq!(best("gzip, deflate, br, zstd"), Some("br"));
        assert_eq!(best("gzip"), Some("gzip"));
        assert_eq!(best("br;q=0.5, gzip;q=0.8"), Some("gzip"));
        assert_eq!(best("BR"), Some("br"));
        assert_eq!(best("*"), Some("br"));
        assert_eq!(best("br;q=0, *"), Some("gzip"));
        assert_eq!(best("identity, br;q=0.9"), None);
        assert_eq!(best(""), None);
        assert_eq!(best("deflate"), None);
        assert_eq!(best("gzip;q=0.001"), Some("gzip"));
        assert_eq!(best("br;q=nonsense, gzip"), Some("gzip"));
    }

    #[test]
    fn the_identity_can_be_excluded() {
        let quality = |header| {
            let accepted = Accepted::parse([header].into_iter());
            accepted.quality(Encoding::Identity)
        };
        assert_eq!(quality("identity;q=0"), 0);
        assert_eq!(quality("*;q=0"), 0);
        assert!(quality("br") > 0);
    }
}
