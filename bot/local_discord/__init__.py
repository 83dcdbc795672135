"""A Discord on loopback: gateway, REST and CDN for one bot, and a chat page for people.

The bot under test is the real one, unpatched but for the addresses it dials. This package is a
program of its own (`python -m bot.local_discord`); it knows nothing of Athanor, and nothing of
Athanor imports it but tests.
"""
