"""
A playground in the browser: drag a datum, and the best network and its certificate follow.

The page owns what is drawn: data, decay, neurons. Each request names all of it, so that a server that was started again
goes on where the last one stopped, and undo, links and windows are the page's own affair. `messages` checks requests,
`session` answers them, `server` carries them over a websocket, and `widget` over Jupyter's channel.
"""
