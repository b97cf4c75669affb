// kubernetes_schema.mjs FOLDER FILE...: checks Kubernetes manifests against the JSON schemas of its API, without a
// cluster, and against the rules for Indexed Jobs that no schema has. FOLDER has the npm packages kubernetes-models
// (the schemas, compiled) and yaml. Prints what is wrong, and exits with 1 where something is.
// kubernetes_schema.mjs FOLDER --command FILE: prints the shell line of a Job's container.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const [folder, ...files] = process.argv.slice(2)
const require = createRequire(resolve(folder, 'package.json'))
const { parseAllDocuments } = require('yaml')

// The schemas allow fields that they do not know, so that misspelt ones would pass. But their code reads each field
// that it knows: what is never read is unknown.
function watched(value, path, unread) {
    if (value === null || typeof value !== 'object') return value
    for (const key of Object.keys(value)) unread.add(`${path}/${key}`)
    return new Proxy(value, {
        get(target, key) {
            if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return target[key]
            if (!unread.delete(`${path}/${key}`)) return seen.get(`${path}/${key}`) ?? target[key]
            const inside = watched(target[key], `${path}/${key}`, unread)
            seen.set(`${path}/${key}`, inside)
            return inside
        },
    })
}
let seen = new Map() // what has been read: asked for again, it is the same

function faultsOfSchema(manifest) {
    const version = String(manifest.apiVersion).split('/')
    const group = version.length === 1 ? 'core' : version[0]
    const names = [group, version.at(-1), String(manifest.kind)].map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    let schema
    try {
        // By its path: by the package's name only classes can be had, which copy what they check.
        schema = require(resolve(folder, `node_modules/kubernetes-models/_schemas/IoK8sApi${names.join('')}.js`))
    } catch {
        return [`there is no ${manifest.kind} of ${manifest.apiVersion}`]
    }
    const unread = new Set()
    seen = new Map()
    const valid = schema.validate(watched(manifest, '', unread))
    const faults = valid ? [] : schema.validate.errors.map((error) => `${error.instancePath} ${error.message ?? error.keyword} ${JSON.stringify(error.params)}`)
    return faults.concat([...unread].map((path) => `${path} is unknown`))
}

// What the API server checks beyond the schema, and what the program needs.
function faultsOfIndexedJob({ spec }) {
    const pod = spec.template.spec
    const faults = []
    const must = (holds, text) => holds || faults.push(text)
    must(Number.isInteger(spec.completions), 'an Indexed Job needs completions')
    must(pod.restartPolicy === 'Never', 'with backoffLimitPerIndex and podFailurePolicy, restartPolicy is Never')
    for (const rule of spec.podFailurePolicy?.rules ?? [])
        must(!rule.onExitCodes || pod.containers.some(({ name }) => name === rule.onExitCodes.containerName),
            `there is no container ${rule.onExitCodes?.containerName}`)
    for (const container of pod.containers) {
        const line = container.args.join(' ')
        must(line.includes(`--shard auto/${spec.completions} `), `--shard is not auto/${spec.completions}`)
        for (const mount of container.volumeMounts)
            must(pod.volumes.some(({ name }) => name === mount.name), `there is no volume ${mount.name}`)
    }
    must(pod.terminationGracePeriodSeconds >= 20, 'terminationGracePeriodSeconds leaves no time to clean up')
    return faults
}

function faultsOf(document) {
    if (document.errors.length > 0) return document.errors.map(String)
    const manifest = document.toJS()
    if (manifest === null || typeof manifest !== 'object') return ['it is no manifest']
    const faults = faultsOfSchema(manifest)
    return faults.length === 0 && manifest.spec?.completionMode === 'Indexed' ? faultsOfIndexedJob(manifest) : faults
}

if (files[0] === '--command') {
    const job = parseAllDocuments(readFileSync(files[1], 'utf8')).map((document) => document.toJS()).find(({ kind }) => kind === 'Job')
    process.stdout.write(job.spec.template.spec.containers[0].args[0])
} else {
    for (const file of files)
        for (const fault of parseAllDocuments(readFileSync(file, 'utf8')).flatMap(faultsOf)) {
            console.log(`${file}: ${fault}`)
            process.exitCode = 1
        }
}
