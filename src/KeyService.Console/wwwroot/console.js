// What the pages need from the browser, and what they say when the server is away.
(() => {
    const idleMilliseconds = Number(document.currentScript.dataset.idleSeconds) * 1000;

    window.keyservice = {
        timeZone: () => Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC',

        useScheme: scheme => {
            post('/session/scheme', new URLSearchParams({ scheme }));
            document.documentElement.dataset.scheme = scheme;
        },

        // With the cookie, which the answer replaces when its token has ended.
        renew: () => post('/session/touch'),

        // To whoever knows better, and back here or to the sign-in.
        sessionEnded: () => leave('This page is of a session that has ended. Keep what you need of it, then reload.', `/session/again?return=${here()}`),

        // The field is shown, wherever it was folded away.
        isDateBegun: form => {
            const field = [...document.getElementById(form)?.elements ?? []].find(one => one.validity?.badInput);
            field?.closest('details')?.setAttribute('open', '');
            field?.focus();
            return field !== undefined;
        },

        toTop: () => scrollTo({ top: 0, behavior: 'instant' }),

        // Whether what a click on a shown API key began went well.
        whenCopied: () => copied,

        // The text goes to the clipboard and nowhere else.
        copy: async (text, button) => {
            const write = begun.get(button);
            begun.delete(button);
            write?.give(text);
            if (write && await write.written.then(() => true, () => false)) return;

            if (navigator.clipboard && window.isSecureContext) {
                await navigator.clipboard.writeText(text);
                return;
            }

            const field = document.createElement('textarea');
            field.value = text;
            field.setAttribute('aria-hidden', 'true');
            field.className = 'visually-hidden';
            (document.querySelector('[role=dialog]') ?? document.body).append(field);
            field.select();
            try {
                if (!document.execCommand('copy')) throw new Error('The browser did not copy.');
            } finally {
                field.remove();
            }
        },
    };

    // A browser may let a click alone write to the clipboard, not what comes after it: the write begins in the click, and the text follows.
    const begun = new WeakMap();
    document.addEventListener('click', event => {
        const button = event.target.closest?.('.copy:not([aria-disabled=true])');
        if (!button || !window.ClipboardItem || !navigator.clipboard?.write) return;
        let give;
        const text = new Promise((resolve, reject) => {
            give = resolve;
            // The service said no, and the page has told it.
            setTimeout(reject, 15_000);
        });
        const written = navigator.clipboard.write([new ClipboardItem({ 'text/plain': text.then(one => new Blob([one], { type: 'text/plain' })) })]);
        written.catch(() => null);
        begun.set(button, { give, written });
    }, { capture: true });

    // An API key that is on the page goes to the clipboard from here: the server, if it is there, only tells of it.
    let copied = Promise.resolve();
    addEventListener('click', event => {
        const key = event.target.closest?.('.new-key-line button')?.closest('.new-key-line').querySelector('code');
        if (!key) return;
        copied = window.keyservice.copy(key.textContent);
        const tell = text => isDown && say(text, true);
        copied.then(() => tell('The API Auth Key is on your clipboard.'), () => tell('Select the key and copy it yourself.'));
    }, { capture: true });

    // Nobody leaves by a slip what is shown once. The page's own ways out do not ask.
    let mayLeave = false;
    const go = away => {
        mayLeave = true;
        away();
    };
    addEventListener('beforeunload', event => {
        if (!mayLeave && document.querySelector('.new-key .once')) event.preventDefault();
    });

    // Idle: each minute in which somebody was there keeps the session; after the time-out without one, the page lets go.
    // Whoever is at one tab is there for all.
    let last = Date.now();
    let kept = last;
    let told = last;
    const tabs = new BroadcastChannel('keyservice');
    const present = () => {
        last = Date.now();
        if (last - told < 1000) return;
        told = last;
        tabs.postMessage('present');
    };
    for (const kind of ['pointerdown', 'keydown', 'touchstart', 'wheel']) addEventListener(kind, present, { capture: true, passive: true });
    // With the token of the page's own form.
    const post = (path, body) => fetch(path, { method: 'POST', body, headers: { RequestVerificationToken: document.querySelector('.sign-out input')?.value ?? '' } }).catch(() => null);
    const touch = async () => {
        if (Date.now() - last > idleMilliseconds) {
            await post('/session/idle');
            go(() => location.assign(`/sign-in?problem=Idle&return=${here()}`));
            return;
        }

        if (last > kept) {
            kept = Date.now();
            const answer = await post('/session/touch');
            // 400: of a session before this one.
            if (answer?.status === 401 || answer?.status === 400) window.keyservice.sessionEnded();
        }
    };
    setInterval(touch, Math.min(60_000, idleMilliseconds / 4));

    // Forms are Blazor's: without its connection the browser would send them by itself, and leave the page.
    addEventListener('submit', event => {
        if (!event.target.matches('.sign-out')) event.preventDefault();
    }, { capture: true });

    // Who signs out in one tab is out in all of them: the sign-in page tells, once it is done.
    addEventListener('submit', event => {
        if (event.target.matches('.sign-out')) sessionStorage.setItem('keyservice-signing-out', '1');
    });
    tabs.addEventListener('message', event => {
        if (event.data === 'present') last = Date.now();
        else go(() => location.reload());
    });

    // Blazor follows links by itself, and would leave the focus behind.
    document.addEventListener('click', event => {
        if (!event.target.closest?.('a.skip')) return;
        event.preventDefault();
        document.getElementById('main').focus();
    }, { capture: true });

    // What only catches the focus has no height.
    const stopsOf = dialog => [...dialog.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
        .filter(stop => stop.tabIndex >= 0 && !stop.disabled && stop.checkVisibility() && stop.getBoundingClientRect().height > 0);

    // The focus moves together with what is shown: into a dialog that opens, back when it closes, and to the heading of a page that was opened.
    // From the server it would come a round trip later, and take what is typed by then into another field.
    const before = new Map();
    let shown;
    const follow = () => {
        for (const [dialog, former] of before) {
            if (dialog.isConnected) continue;
            before.delete(dialog);
            if (document.activeElement === document.body) former.focus();
        }

        for (const dialog of document.querySelectorAll('[role=dialog]')) {
            const first = before.has(dialog) ? null : stopsOf(dialog)[0];
            if (!first) continue;
            before.set(dialog, document.activeElement);
            first.focus();
        }

        const page = document.querySelector('#main[data-page]');
        const heading = page?.querySelector('h1');
        if (!heading || page.dataset.page === shown) return;
        shown = page.dataset.page;
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
    };
    new MutationObserver(follow).observe(document.body, { childList: true, subtree: true, attributeFilter: ['data-page'] });

    // Tab stays in an open dialog, however long the server takes: the dialog's own trap asks it.
    document.addEventListener('keydown', event => {
        const dialog = [...document.querySelectorAll('[role=dialog]')].at(-1);
        if (event.key !== 'Tab' || !dialog) return;
        const stops = stopsOf(dialog);
        const [edge, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
        const at = document.activeElement;
        if (at !== edge && stops.includes(at)) return;
        event.preventDefault();
        other?.focus();
    }, { capture: true });

    // Who goes to the picker of workspaces wants another one; who clicks a suggestion has picked it.
    document.addEventListener('focusin', event => {
        if (event.target.matches('.picker input')) event.target.select();
    });
    document.addEventListener('input', event => {
        if (!event.target.matches('.picker input') || (event.inputType && event.inputType !== 'insertReplacementText')) return;
        event.target.dispatchEvent(new Event('change', { bubbles: true }));
        event.target.form.requestSubmit();
    });

    const bar = document.getElementById('connection');
    const [words, reload] = bar.children;
    const say = (text, withReload = false) => {
        bar.hidden = text === '';
        words.textContent = text;
        reload.hidden = !withReload;
    };
    reload.addEventListener('click', () => go(() => location.reload()));

    // What the person typed, or is shown once, would be gone with the page: they say when it goes.
    const here = () => encodeURIComponent(location.pathname + location.search);
    const hasWork = () => {
        const typed = document.querySelectorAll('[role=dialog] textarea, [role=dialog] input:not([readonly], [type=hidden], [type=checkbox])');
        return [...typed].some(field => field.value !== '') || document.querySelector('.new-key .once') !== null;
    };
    const leave = (text, address) => hasWork() ? say(text, true) : go(() => address ? location.assign(address) : location.reload());

    const leadsAway = async () => (await fetch(location.href, { redirect: 'manual', cache: 'no-store' }).catch(() => null))?.type === 'opaqueredirect';

    // Tries for as long as it takes. A server that was restarted does not know this page any more: it is loaded again, at the same address.
    let isDown = false;
    const recover = async () => {
        say('The connection to the console is lost. Reconnecting…');
        while (isDown) {
            await new Promise(done => setTimeout(done, 1000));
            // A file of the console's own: a proxy need not pass on the health of the service.
            const answer = await fetch('/_content/KeyService.Console/favicon.svg', { cache: 'no-store' }).catch(() => null);
            if (!isDown) return;
            if (!answer?.ok) continue;
            const known = await Blazor.reconnect().catch(() => null);
            if (known) return;
            // Thrown: the network, or a session that ended, whose pages lead to the sign-in. Only "no" is of a server that does not know the page.
            if (known === null && !await leadsAway()) continue;
            if (known === null) window.keyservice.sessionEnded();
            else leave('The console was restarted, and this page is of before. Keep what you need of it, then reload.');
            return;
        }
    };

    // A page that its server gave up, or that never had one, answers nothing any more. Blazor shows its mark then, or leaves a promise broken.
    let isOpen = false;
    const fail = () => {
        // Of a try to reconnect.
        if (isDown) return;
        isDown = true;
        say(isOpen ? 'Something went wrong, and this page does not work any more. Keep what you need of it, then reload.' : 'There is no connection to the console. Reload to try again.', true);
    };
    const mark = document.getElementById('blazor-error-ui');
    new MutationObserver(() => {
        if (mark.style.display !== 'block') return;
        mark.style.display = '';
        fail();
    }).observe(mark, { attributes: true });
    addEventListener('unhandledrejection', () => isOpen || fail());

    Blazor.start({
        circuit: {
            circuitHandlers: [{ onCircuitOpened: () => isOpen = true }],
            // Of a server that says nothing: sooner than by itself (30 s).
            configureSignalR: connection => connection.withServerTimeout(12_000).withKeepAliveInterval(4_000),
            reconnectionHandler: {
                onConnectionDown: () => {
                    if (isDown) return;
                    isDown = true;
                    recover();
                },
                onConnectionUp: () => {
                    isDown = false;
                    say('');
                },
            },
        },
    });
})();
