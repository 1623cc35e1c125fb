//! Which media description of the remote description a candidate is for.

use wimpex_protocol::Sdp;
use wimpex_webrtc::IceCandidateInit;

/// More than any call has.
const SECTIONS: usize = 16;

/// The identification tags (`a=mid`, RFC 5888) of the remote description's media descriptions,
/// in their order; empty where one has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Sections(Vec<String>);

impl Sections {
    /// Those of a description.
    pub(crate) fn of(sdp: &Sdp) -> Self {
        let sections = sdp.0.split("\nm=").skip(1).take(SECTIONS);
        let mid = |section: &str| {
            let mid = section.lines().find_map(|line| line.strip_prefix("a=mid:"));
            mid.unwrap_or_default().trim_end().to_owned()
        };
        Self(sections.map(mid).collect())
    }

    /// A browser rejects a candidate whose `sdpMid` no media description has, and looks at
    /// `sdpMLineIndex` only where there is no `sdpMid` (W3C webrtc, section 4.4.1.6). Clients
    /// that make up the one and have the other right are in use, so that an index that there is
    /// counts in place of a tag that there is not.
    pub(crate) fn place(&self, mut candidate: IceCandidateInit) -> IceCandidateInit {
        if let (Some(mid), Some(index)) = (&candidate.sdp_mid, candidate.sdp_m_line_index)
            && !self.0.contains(mid)
            && usize::from(index) < self.0.len()
        {
            candidate.sdp_mid = None;
        }
        candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(sdp: &str, mid: Option<&str>, index: Option<u16>) -> Option<String> {
        let candidate = IceCandidateInit {
            candidate: "candidate:1".to_owned(),
            sdp_mid: mid.map(str::to_owned),
            sdp_m_line_index: index,
            username_fragment: None,
        };
        Sections::of(&Sdp(sdp.to_owned())).place(candidate).sdp_mid
    }

    const TWO: &str = "v=0\r\nm=audio 9 X 0\r\na=mid:0\r\nm=video 9 X 0\r\na=mid:1\r\n";

    #[test]
    fn a_tag_that_no_section_has_gives_way_to_the_index() {
        assert_eq!(placed(TWO, Some("video"), Some(0)), None);
        assert_eq!(placed(TWO, Some(""), Some(1)), None);
        // One that there is counts, whatever the index says.
        assert_eq!(placed(TWO, Some("1"), Some(0)).as_deref(), Some("1"));
        assert_eq!(placed(TWO, Some("1"), Some(7)).as_deref(), Some("1"));
    }

    #[test]
    fn where_the_index_is_no_better_the_browser_decides() {
        assert_eq!(placed(TWO, Some("video"), None).as_deref(), Some("video"));
        assert_eq!(
            placed(TWO, Some("video"), Some(2)).as_deref(),
            Some("video")
        );
        assert_eq!(placed(TWO, None, None), None);
        assert_eq!(placed("", Some("0"), Some(0)).as_deref(), Some("0"));
    }

    #[test]
    fn descriptions_of_before_there_were_tags_have_indexes() {
        let bare = "v=0\nm=audio 9 X 0\na=sendrecv\n";
        assert_eq!(placed(bare, Some("0"), Some(0)), None);
        let many = "\nm=".repeat(10_000);
        assert_eq!(Sections::of(&Sdp(many)).0.len(), SECTIONS);
    }
}
