//! Where the page is open: in a browser, or in something that lets it have less.

/// Where the page is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// In a tab of a browser.
    #[default]
    Browser,
    /// In the browser inside of another app, which often has neither camera nor microphone for
    /// pages, and no address bar in which to allow them.
    App,
    /// In a frame of another page, which has to pass both on.
    Frame,
}

/// What only browsers inside of other apps call themselves.
const APPS: [&str; 13] = [
    "FBAN",
    "FBAV",
    "Instagram",
    "Messenger",
    "Line/",
    "MicroMessenger",
    "Telegram",
    "Twitter",
    "Snapchat",
    "BytedanceWebview",
    "LinkedInApp",
    "Pinterest/",
    // Android's WebView (developer.chrome.com, "User-Agent in WebView").
    "; wv)",
];

/// From `navigator.userAgent`, and whether the page is in a frame. No feature tells such a browser:
/// some have the APIs, and refuse all the same.
pub fn place(user_agent: &str, is_framed: bool) -> Place {
    let is_apple = ["iPhone", "iPad"].iter().any(|it| user_agent.contains(it));
    if is_framed {
        Place::Frame
    } else if APPS.iter().any(|app| user_agent.contains(app))
        // On Apple's devices only real browsers say so.
        || is_apple && !user_agent.contains("Safari/")
    {
        Place::App
    } else {
        Place::Browser
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// philnash/mediadevices-camera-selection #3, webrtc/samples #1273, react-webcam #235.
    #[test]
    fn a_browser_inside_another_app_is_told_apart() {
        for agent in [
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
             Gecko) Mobile/15E148 Instagram 385.0.0.31.65",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
             Gecko) Mobile/15E148",
            "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/BP1A; wv) AppleWebKit/537.36 (KHTML, like \
             Gecko) Version/4.0 Chrome/137.0.0.0 Mobile Safari/537.36",
            "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/137.0 Mobile Safari/537.36 \
             [FBAN/EMA;FBLC/en_US;FBAV/464.0.0.4.107;]",
        ] {
            assert_eq!(place(agent, false), Place::App, "{agent}");
            assert_eq!(place(agent, true), Place::Frame);
        }
    }

    #[test]
    fn a_browser_is_taken_for_none() {
        for agent in [
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 \
             Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like \
             Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/148.0.0.0 Mobile Safari/537.36",
            "",
        ] {
            assert_eq!(place(agent, false), Place::Browser, "{agent}");
        }
    }
}
