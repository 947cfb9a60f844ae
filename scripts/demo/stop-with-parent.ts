/** Loaded into every process of the demo: when the demo is gone, however it went, nothing of it stays behind. */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
