//! From what the call machine asks for to the browser and the server.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use wimpex_call::{Generation, MediaRequest, Output, TrackKind};

use super::connection::Connection;
use super::event::Event;
use super::guard::Word;
use super::media_policy::CAMERA;
use super::routes::Routes;
use super::runtime::Runtime;
use super::trace::candidate_kind;
use crate::browser::{BrowserError, media_capture};

impl Runtime {
    pub(super) fn perform(&mut self, output: Output) {
        match output {
            Output::Send(relayed) => self.guard(Word::Send(relayed)),
            Output::CreateConnection {
                generation,
                role,
                call_type,
            } => {
                self.view.routes.set_value(Routes::default());
                let servers = &self.ice_servers;
                let made = Connection::new(
                    generation,
                    role,
                    call_type,
                    servers,
                    self.hardware,
                    &self.inbox,
                    self.view,
                );
                match made {
                    Ok(connection) => self.connection = Some(connection),
                    // The machine hears of it when it asks for a description.
                    Err(error) => self.trace.note(format!("no connection: {error}")),
                }
            }
            Output::MakeOffer {
                generation,
                ice_restart,
            } => self.on_connection(generation, |c| c.offer(ice_restart)),
            Output::AcceptOffer { generation, sdp } => {
                self.on_connection(generation, |c| c.accept_offer(&sdp.0));
            }
            Output::AcceptAnswer { generation, sdp } => {
                self.on_connection(generation, |c| c.accept_answer(&sdp.0));
            }
            Output::AddCandidate {
                generation,
                candidate,
            } => {
                self.trace.note(format!(
                    "remote candidate: {}",
                    candidate_kind(&candidate.candidate)
                ));
                self.view
                    .routes
                    .update_value(|routes| routes.peer.add(&candidate.candidate));
                self.on_connection(generation, |c| c.add_candidate(&candidate));
            }
            Output::CloseConnection {
                generation,
                farewell,
            } => {
                let closed = self.connection.take_if(|c| c.generation == generation);
                if let (Some(connection), Some(end)) = (closed, farewell) {
                    self.farewell = connection.say_goodbye(end);
                }
            }
            Output::RequestMedia {
                request,
                audio,
                video,
            } => {
                let inbox = self.inbox.clone();
                spawn_local(async move {
                    let captured = media_capture::capture(audio, video.then_some(CAMERA)).await;
                    let _ = inbox.unbounded_send(Event::Captured(request, captured));
                });
            }
            Output::AttachMedia {
                generation,
                request,
                audio,
                video,
            } => self.attach(generation, request, audio, video),
            Output::SetMuted(muted) => self.devices.set_muted(muted),
            Output::StopCamera => {
                if let Some(connection) = &self.connection {
                    connection.send(TrackKind::Video, None);
                }
                self.devices.stop_cameras();
                self.view.own_picture.set(None);
            }
            Output::ReleaseMedia { request } => self.devices.release(request),
            Output::ReleaseAllMedia => {
                self.devices.release_all();
                self.view.own_picture.set(None);
            }
            Output::Changed => {
                let view = self.machine.view();
                if self.view.call.with_untracked(|known| *known != view) {
                    self.view.call.set(view);
                }
            }
        }
    }

    fn on_connection(&mut self, generation: Generation, run: impl FnOnce(&Connection)) {
        match self
            .connection
            .as_ref()
            .filter(|c| c.generation == generation)
        {
            Some(connection) => run(connection),
            // It could not be made.
            None => {
                let error = BrowserError::named("NotSupportedError");
                let failed = Event::Accepted(generation, Err(error));
                let _ = self.inbox.unbounded_send(failed);
            }
        }
    }

    fn attach(&mut self, generation: Generation, request: MediaRequest, audio: bool, video: bool) {
        for (wanted, kind) in [(audio, TrackKind::Audio), (video, TrackKind::Video)] {
            let track = self.devices.track(request, kind).filter(|_| wanted);
            let current = self
                .connection
                .as_ref()
                .filter(|c| c.generation == generation);
            if let (Some(track), Some(connection)) = (track, current) {
                connection.send(kind, Some(track));
                if kind == TrackKind::Video {
                    self.view
                        .own_picture
                        .set(media_capture::stream_of([track.js()]));
                }
            }
        }
        self.devices.keep(request, audio, video);
    }
}
