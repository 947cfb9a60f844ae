/** Imported by every process of the demo: ends the process when the demo itself has ended, for whatever reason. */
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
