//! The video of a screen in a session description: the media description with `a=content:slides`
//! (RFC 4796).
//!
//! On its way it is always `inactive`, and goes the way of the camera's for whoever knows the
//! attribute. A client that does not know it would otherwise take the second video for a picture
//! of the peer, in place of the first.

/// Follows the media description of a screen.
const SLIDES: &str = "a=content:slides";

/// The directions of a media description (RFC 8866, section 6.7).
const DIRECTIONS: [&str; 4] = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];
const INACTIVE: &str = "a=inactive";

/// Whether it has such a video.
pub fn has_slides(sdp: &str) -> bool {
    sections(sdp).any(is_slides)
}

/// As it is sent: its second video is marked, if it `has_screen`.
pub fn described(sdp: &str, has_screen: bool) -> String {
    let mut videos = 0;
    let mut out = String::with_capacity(sdp.len() + 24);
    for section in sections(sdp) {
        videos += usize::from(is_video(section));
        if !has_screen || videos != 2 || !is_video(section) {
            out.push_str(section);
            continue;
        }
        directed(&mut out, section, INACTIVE);
        for part in [SLIDES, "\r\n"] {
            out.push_str(part);
        }
    }
    out
}

/// As the browser is to read it: the marked one has the direction of the video before it.
pub fn opened(sdp: &str) -> String {
    let mut camera = INACTIVE;
    let mut is_first = true;
    let mut out = String::with_capacity(sdp.len() + 24);
    for section in sections(sdp) {
        if is_slides(section) && !is_first {
            directed(&mut out, section, camera);
            continue;
        }
        if is_video(section) && is_first {
            is_first = false;
            let found = lines(section).find_map(|line| {
                let mut all = DIRECTIONS.into_iter();
                all.find(|direction| *direction == line)
            });
            // Without any it sends and receives (RFC 8866, section 6.7).
            camera = found.unwrap_or(DIRECTIONS[0]);
        }
        out.push_str(section);
    }
    out
}

fn is_video(section: &str) -> bool {
    section.starts_with("m=video")
}

fn is_slides(section: &str) -> bool {
    is_video(section) && lines(section).any(|line| line == SLIDES)
}

fn lines(section: &str) -> impl Iterator<Item = &str> {
    section.split_inclusive('\n').map(str::trim_end)
}

/// What precedes the first media description, and each of them.
fn sections(sdp: &str) -> impl Iterator<Item = &str> {
    let mut rest = sdp;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find("\nm=").map_or(rest.len(), |at| at + 1);
        let (section, after) = rest.split_at(end);
        rest = after;
        Some(section)
    })
}

fn directed(out: &mut String, section: &str, direction: &str) {
    for line in section.split_inclusive('\n') {
        if DIRECTIONS.contains(&line.trim_end()) {
            for part in [direction, "\r\n"] {
                out.push_str(part);
            }
        } else {
            out.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: &str = "v=0\r\ns=-\r\nm=audio 9 X 0\r\na=sendrecv\r\nm=video 9 X 96\r\na=sendrecv\r\n\
        m=video 9 X 96\r\na=mid:2\r\na=sendrecv\r\nm=application 9 X\r\na=mid:3\r\n";

    #[test]
    fn a_second_video_is_a_screen_only_to_who_knows_of_it() {
        let sent = described(LOCAL, true);
        let section = "m=video 9 X 96\r\na=mid:2\r\na=inactive\r\na=content:slides\r\n";
        assert!(sent.contains(section), "{sent}");
        assert!(has_slides(&sent) && !has_slides(LOCAL));
        let opened = opened(&sent);
        assert_eq!(opened.replace("a=content:slides\r\n", ""), LOCAL);
        assert_eq!(described(LOCAL, false), LOCAL);
        let one = LOCAL.replace("m=video 9 X 96\r\na=mid:2\r\na=sendrecv\r\n", "");
        assert_eq!(described(&one, true), one);
    }

    #[test]
    fn it_goes_the_way_of_the_camera() {
        for direction in ["a=inactive", "a=recvonly", "a=sendonly"] {
            let local = LOCAL.replacen(
                "m=video 9 X 96\r\na=sendrecv",
                &["m=video 9 X 96\r\n", direction].concat(),
                1,
            );
            let opened = opened(&described(&local, true));
            assert_eq!(opened.matches(direction).count(), 2, "{opened}");
        }
        let unsaid = LOCAL.replacen("m=video 9 X 96\r\na=sendrecv\r\n", "m=video 9 X 96\r\n", 1);
        let opened = opened(&described(&unsaid, true));
        assert!(opened.contains("a=mid:2\r\na=sendrecv\r\n"), "{opened}");
    }

    #[test]
    fn what_makes_no_sense_is_left_as_it_is() {
        for odd in [
            "",
            "garbage",
            "m=video",
            "m=video 1\na=content:slides",
            "\nm=\nm=video\na=content:speaker\n",
            "m=audio 9\r\na=content:slides\r\na=inactive\r\n",
        ] {
            assert_eq!(opened(odd), odd);
            assert_eq!(described(odd, true), odd);
        }
    }
}
