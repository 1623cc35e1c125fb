//! The components that are loaded later (`crate::chunk`), each as a view.

use leptos::prelude::*;

use super::banner::{Refusal, Unable};
use super::check::Findings;
use super::debug::Debug;
use super::ended::HowItEnded;
use super::incoming::Incoming;
use super::notices::{DeviceNotices, Notices};
use super::own_picture::OwnPicture;
use super::people::{LinkAsPicture, People};
use super::quality::{PauseOffer, QualityPanel, QualitySign};
use super::trust::{AlarmScreen, Lock};
use crate::chunk::lazy;

lazy! {
    /// The panel that **Quality** opens.
    quality_panel(close: Box<dyn Fn()>) -> AnyView {
        view! { <QualityPanel close /> }.into_any()
    }
}

lazy! {
    /// The sign of how the call fares.
    quality_sign() -> AnyView {
        view! { <QualitySign /> }.into_any()
    }
}

lazy! {
    /// The offer to pause one's picture.
    pause_offer() -> AnyView {
        view! { <PauseOffer /> }.into_any()
    }
}

lazy! {
    /// How sure it is that the call is with who it says, and the pictures.
    lock() -> AnyView {
        view! { <Lock /> }.into_any()
    }
}

lazy! {
    /// The prompt of who is being called. The guard, which lets calls in, is loaded by then.
    incoming() -> AnyView {
        view! { <Incoming /> }.into_any()
    }
}

lazy! {
    /// Contacts, past calls, and what belongs to this device.
    people() -> AnyView {
        view! { <People /> }.into_any()
    }
}

lazy! {
    /// Why the server is of no use.
    refusal() -> AnyView {
        view! { <Refusal /> }.into_any()
    }
}

lazy! {
    /// For a browser without WebRTC.
    unable() -> AnyView {
        view! { <Unable /> }.into_any()
    }
}

lazy! {
    /// What is wrong with microphone or camera.
    device_notices() -> AnyView {
        view! { <DeviceNotices /> }.into_any()
    }
}

lazy! {
    /// What is to be known of this browser.
    notices() -> AnyView {
        view! { <Notices /> }.into_any()
    }
}

lazy! {
    /// One's link as a QR code.
    link_as_picture() -> AnyView {
        view! { <LinkAsPicture /> }.into_any()
    }
}

lazy! {
    /// How a call has ended.
    how_it_ended() -> AnyView {
        view! { <HowItEnded /> }.into_any()
    }
}

lazy! {
    /// The person's own picture.
    own_picture() -> AnyView {
        view! { <OwnPicture /> }.into_any()
    }
}

lazy! {
    /// What was refused, and why.
    alarm() -> AnyView {
        view! { <AlarmScreen /> }.into_any()
    }
}

lazy! {
    /// What happened, for who debugs.
    debug() -> AnyView {
        view! { <Debug /> }.into_any()
    }
}

lazy! {
    /// What the check of the connection found.
    findings() -> AnyView {
        view! { <Findings /> }.into_any()
    }
}
